"""Starts the server under test as a process of its own and stops it again."""

from __future__ import annotations

import json
import os
import pathlib
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Sequence

ROOT = pathlib.Path(__file__).resolve().parents[3]
START_LIMIT = 30.0
STOP_LIMIT = 40.0


def binary() -> pathlib.Path:
    """The executable under test: SWITCHBOARD_BIN, else the debug build of this checkout."""
    return pathlib.Path(os.environ.get("SWITCHBOARD_BIN", ROOT / ".build/debug/switchboard"))


class Server:
    """One running server. Settings are environment names, for example MESSAGE_RATE=5."""

    launcher: Sequence[str] = ()
    """The command that is to run it, for example one that enters a namespace; set it before the start."""

    def __init__(self, directory: pathlib.Path, **settings: object) -> None:
        self.directory = directory
        self.settings = {
            "HOST": "127.0.0.1",
            # Many servers run at once; tests of the relay choose its ports themselves.
            "USE_RELAY": "0",
            "PORT": "0",
            "USE_SQLITE": "1",
            "SQLITE_DB_PATH": str(directory / "chat.db"),
            "LOG_FORMAT": "json",
            "LOG_LEVEL": "info",
        }
        self.settings.update({name: str(value) for name, value in settings.items()})
        self.events: list[dict] = []
        self.lines: list[str] = []
        self._incoming: queue.Queue[dict] = queue.Queue()
        self.process: subprocess.Popen[bytes] | None = None
        self.host = self.settings["HOST"]
        self.port = 0
        self.https_port = 0

    def start(self) -> "Server":
        clean = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
        self.process = subprocess.Popen(
            [*self.launcher, str(binary()), "serve"],
            cwd=self.directory,
            env=clean | self.settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        threading.Thread(target=self._collect, args=(self.process,), daemon=True).start()
        event = self.wait_for_log("listening", START_LIMIT)
        self.port = int(event["port"])
        self.https_port = int(event.get("tls_port", 0))
        return self

    def _collect(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        for raw in process.stderr:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            self.lines.append(line)
            try:
                event = json.loads(line)
            except ValueError:
                continue
            self.events.append(event)
            self._incoming.put(event)

    def wait_for_log(self, message: str, limit: float = 10.0) -> dict:
        """The next log event with this message that has not been waited for yet."""
        deadline = time.monotonic() + limit
        while True:
            try:
                event = self._incoming.get(timeout=0.1)
                if event.get("message") == message:
                    return event
            except queue.Empty:
                assert self.process is not None
                if self.process.poll() is not None:
                    raise AssertionError(
                        f"the server exited with {self.process.returncode}:\n" + self.log_text()
                    )
            if time.monotonic() > deadline:
                raise AssertionError(f"no log event {message!r} in {limit} s:\n" + self.log_text())

    def log_text(self) -> str:
        return "\n".join(self.lines)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def http(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://{self.host}:{self.port}"

    def terminate(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """Ends the server and returns its exit code. Harmless when it has ended already."""
        assert self.process is not None
        if self.process.poll() is None:
            self.terminate()
            try:
                self.process.wait(STOP_LIMIT)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"the server did not stop in {STOP_LIMIT} s:\n" + self.log_text())
        return self.process.returncode
