"""Starts the floor, the server and the load generators, pinned to cores, and ends them again."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

START_LIMIT = 30.0

# The rate limits would stop a load generator long before the server is busy, so a run raises them. They are
# checked all the same: what they cost is in the figures.
RAISED_LIMITS = {
    "MESSAGE_RATE": "1000000",
    "MESSAGE_BURST": "1000000",
    "JOINS_PER_MINUTE": "1000000",
    "MAX_CONNECTIONS": "50000",
    # Or the server would keep files for clients of the relay, where few may be open.
    "RELAY_TOTAL_QUOTA": "10",
    "RELAY_MAX_STREAMS": "10",
    "MAX_CONNECTIONS_PER_ADDRESS": "50000",
    "CONNECTIONS_PER_MINUTE": "1000000",
    "CREATES_PER_MINUTE": "1000000",
    "CHECKS_PER_MINUTE": "1000000",
}


class BenchmarkError(Exception):
    """A run that could not be carried out; the text says why."""


@dataclass(frozen=True)
class Running:
    """A server that accepts connections."""

    pid: int
    port: int


@dataclass(frozen=True)
class Candidate:
    """Something to measure: the floor, or the server with an event loop count (0: its default)."""

    name: str
    program: pathlib.Path
    event_loops: int | None = None
    server_cores: tuple[int, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def is_floor(self) -> bool:
        return self.event_loops is None


def start_pinned(command: Sequence[str], cores: Sequence[int], **options: object) -> subprocess.Popen:
    """Starts a process whose threads all stay on the cores; on any core when there are none."""

    def pin() -> None:
        if cores:
            os.sched_setaffinity(0, cores)

    return subprocess.Popen(command, preexec_fn=pin, stdin=subprocess.DEVNULL, **options)  # type: ignore[call-overload]


@contextlib.contextmanager
def running(candidate: Candidate, directory: pathlib.Path) -> Iterator[Running]:
    """Starts the candidate with an empty directory for its files, and kills it at the end."""
    log = directory / "server.log"
    environment = {"PATH": os.environ["PATH"]} | RAISED_LIMITS | candidate.settings
    command = [str(candidate.program)]
    if not candidate.is_floor:
        command.append("serve")
        environment |= {
            "HOST": "127.0.0.1",
            "PORT": "0",
            "RELAY_PORT": "0",
            "RELAY_TLS_PORT": "0",
            "EVENT_LOOPS": str(candidate.event_loops),
            "SQLITE_DB_PATH": str(directory / "chat.db"),
            "LOG_FORMAT": "json",
            "LOG_LEVEL": "info",
        }
    with log.open("wb") as output:
        process = start_pinned(
            command, candidate.server_cores, cwd=directory, env=environment, stdout=output, stderr=output
        )
    try:
        yield Running(process.pid, wait_for_port(process, log))
    finally:
        process.kill()
        process.wait()


def wait_for_port(process: subprocess.Popen, log: pathlib.Path) -> int:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline:
        for line in log.read_text(errors="replace").splitlines():
            if port := announced_port(line):
                return port
        if process.poll() is not None:
            raise BenchmarkError(f"the server exited with {process.returncode}:\n{log.read_text(errors='replace')}")
        time.sleep(0.01)
    raise BenchmarkError(f"the server did not listen within {START_LIMIT:.0f} s:\n{log.read_text(errors='replace')}")


def announced_port(line: str) -> int | None:
    """The port that a line of the floor's or the server's output announces."""
    if line.startswith("listening on 127.0.0.1:"):
        return int(line.rpartition(":")[2])
    with contextlib.suppress(ValueError):
        event = json.loads(line)
        if isinstance(event, dict) and event.get("message") == "listening":
            return int(event["port"])
    return None


def run_tool(command: Sequence[str], cores: Sequence[int], limit: float) -> dict:
    """Runs a load generator to its end and returns the JSON object it prints."""
    process = start_pinned(command, cores, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        output, complaint = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        raise BenchmarkError(f"no result within {limit:.0f} s: {' '.join(command)}") from None
    finally:
        process.kill()
        process.wait()
    try:
        return json.loads(output)
    except ValueError:
        raise BenchmarkError(f"{' '.join(command)} failed with {process.returncode}: {complaint.strip()}") from None
