"""What signals do beyond the graceful stop, and what a process that is told to stop still owes."""

from __future__ import annotations

import fcntl
import json
import os
import pathlib
import signal
import subprocess
import termios
import time
import urllib.request
from collections.abc import Callable

import pytest
from websockets.sync.client import connect

from support.rawhttp import RawConnection
from support.switchboard import Server, binary

# Without the relay, whose port another server of this machine may have.
ENVIRONMENT = {"HOST": "127.0.0.1", "PORT": "0", "USE_RELAY": "0", "LOG_FORMAT": "json"}


@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_the_process_at_once(
    start_server: Callable[..., Server], stop_signal: signal.Signals
) -> None:
    server = start_server(DRAIN_SPREAD=60, SHUTDOWN_TIMEOUT=120, EVENT_LOOPS=1)
    assert server.process is not None
    # Two sessions of one loop: the second one's turn to be closed comes in the middle of the spread.
    with connect(server.ws, ping_interval=None, proxy=None), connect(server.ws, ping_interval=None, proxy=None):
        server.terminate()
        server.wait_for_log("shutting down")
        assert server.process.poll() is None
        started = time.monotonic()
        server.process.send_signal(stop_signal)
        assert server.process.wait(10) == 1
        assert time.monotonic() - started < 3
    server.wait_for_log("second signal, exiting at once")


def test_a_shutdown_that_takes_longer_than_it_may_is_cut_short(start_server: Callable[..., Server]) -> None:
    server = start_server(DRAIN_SPREAD=1, SHUTDOWN_TIMEOUT=2, HTTP_REQUEST_TIMEOUT=60, EVENT_LOOPS=1)
    assert server.process is not None
    # Left alone, a request that never ends would be waited for until the grace of 5 s is over.
    with RawConnection(server) as held, connect(server.ws, ping_interval=None, proxy=None):
        held.send(b"POST /api/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        started = time.monotonic()
        server.terminate()
        assert server.process.wait(10) in {0, 1}, server.log_text()
        assert 1 < time.monotonic() - started < 4


def test_logs_are_complete_when_the_process_has_ended(start_server: Callable[..., Server]) -> None:
    server = start_server(LOG_LEVEL="debug")
    assert server.stop() == 0
    server.wait_for_log("stopped")
    assert all(json.loads(line) for line in server.lines)


def test_a_broken_standard_error_does_not_stop_the_server(tmp_path: pathlib.Path) -> None:
    environment = ENVIRONMENT | {"PATH": os.environ["PATH"]}
    with subprocess.Popen(
        [str(binary())], cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        events = (json.loads(line) for line in process.stderr)
        port = next(int(event["port"]) for event in events if event["message"] == "listening")
        # Nobody reads the log any more: what is logged now meets EPIPE, and SIGPIPE if it were not ignored.
        process.stderr.close()
        try:
            with connect(f"ws://127.0.0.1:{port}/", ping_interval=None, proxy=None) as connection:
                assert json.loads(connection.recv(timeout=5))["type"] == "connected"
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
                assert page.status == 200
            assert process.poll() is None
        finally:
            process.terminate()
        assert process.wait(30) == 0


def test_a_server_ends_with_the_terminal_that_it_was_started_on(tmp_path: pathlib.Path) -> None:
    """As long as the terminal is there, SIGHUP has certificates read again, as it has where there never was one."""
    environment = ENVIRONMENT | {"PATH": os.environ["PATH"]}
    ours, theirs = os.openpty()

    def take_terminal() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    with subprocess.Popen(
        [str(binary())], cwd=tmp_path, env=environment, stdin=theirs, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, preexec_fn=take_terminal,
    ) as process:  # fmt: skip
        os.close(theirs)
        assert process.stderr is not None
        events = (json.loads(line) for line in process.stderr)
        port = next(int(event["port"]) for event in events if event["message"] == "listening")
        try:
            process.send_signal(signal.SIGHUP)
            for _ in range(5):
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
                    assert page.status == 200
            assert process.poll() is None
            os.close(ours)
            assert process.wait(30) == 0
        finally:
            process.kill()
