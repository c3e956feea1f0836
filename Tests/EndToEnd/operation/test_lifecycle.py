"""How the server stops, and how it gets rid of clients that hold on to it."""

from __future__ import annotations

import contextlib
import http.client
import json
import pathlib
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from support.rawhttp import RawConnection, request
from support.rest import Rest
from support.switchboard import Server
from support.waiting import eventually

HANDSHAKE = request(
    "GET", "/", b"", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)  # fmt: skip


@contextlib.contextmanager
def joined(server: Server, room: str) -> Iterator[ClientConnection]:
    with connect(server.ws, ping_interval=None, proxy=None) as connection:
        connection.recv(timeout=5)
        connection.send(json.dumps({"type": "join_room", "roomId": room}))
        assert json.loads(connection.recv(timeout=5))["type"] == "room_joined"
        yield connection


# Stopping


class Leaving:
    """Watches one WebSocket until it ends, and remembers when and with which code."""

    def __init__(self, connection: ClientConnection) -> None:
        self.at, self.code = 0.0, 0
        self._connection = connection
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()

    def _watch(self) -> None:
        try:
            while True:
                self._connection.recv()
        except ConnectionClosed as closed:
            self.at = time.monotonic()
            self.code = closed.rcvd.code if closed.rcvd else 1006


def test_sigterm_fails_readiness_and_sends_clients_away_bit_by_bit(
    start_server: Callable[..., Server],
) -> None:
    server = start_server(DRAIN_SPREAD=3)
    rest = Rest(server)

    def readiness() -> int:
        try:
            return rest.call("GET", "/readyz").status
        except (OSError, http.client.HTTPException):
            return -1  # nobody listens any more, which tells a load balancer the same

    assert readiness() == 200
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(joined(server, f"room {number // 2}")) for number in range(40)]
        watched = [Leaving(socket) for socket in sockets]
        started = time.monotonic()
        server.terminate()
        assert eventually(lambda: readiness() != 200 and readiness(), 3, "readiness fails") in {503, -1}
        assert sum(one.at == 0 for one in watched) > 20, "most clients are still there then"
        for one in watched:
            one.thread.join(15)
    assert [one.code for one in watched] == [1001] * 40
    ends = sorted(one.at for one in watched)
    assert ends[-1] - ends[0] > 1, "spread, not all at once"
    assert ends[-1] - started < 3 + 2
    assert server.process is not None and server.process.wait(15) == 0, server.log_text()


def test_readiness_says_503_while_the_server_drains(start_server: Callable[..., Server]) -> None:
    server = start_server(DRAIN_SPREAD=3)
    with joined(server, "kept"), RawConnection(server) as prober:
        prober.send(request("GET", "/readyz"))
        assert prober.answer().status == 200
        server.terminate()
        seen = set()
        with contextlib.suppress(OSError):
            while 503 not in seen:
                prober.send(request("GET", "/readyz"))
                seen.add(prober.answer().status)
        assert seen <= {200, 503} and 503 in seen
    assert server.process is not None and server.process.wait(15) == 0, server.log_text()


@pytest.mark.parametrize("stop_signal", [signal.SIGTERM, signal.SIGINT])
def test_nobody_can_hold_up_the_end(start_server: Callable[..., Server], stop_signal: signal.Signals) -> None:
    """A client that never answers the close, one that never reads, one in the middle of a request."""
    server = start_server(DRAIN_SPREAD=0.5, SHUTDOWN_TIMEOUT=4, HTTP_REQUEST_TIMEOUT=60, HTTP_IDLE_TIMEOUT=60)
    with contextlib.ExitStack() as held:
        stuck = [held.enter_context(RawConnection(server)) for _ in range(4)]
        for connection in stuck[:2]:
            connection.send(HANDSHAKE)
            connection.socket.recv(1)
        stuck[2].send(b"POST /api/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        stuck[3].send(b"GET / HT")
        assert Rest(server).call("GET", "/healthz").status == 200
        started = time.monotonic()
        assert server.process is not None
        server.process.send_signal(stop_signal)
        assert server.process.wait(15) == 0, server.log_text()
        assert time.monotonic() - started < 4 + 3


# Slow and silent clients


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits a second for whatever it waits for."""
    limits = {"HANDSHAKE_TIMEOUT": 1, "HTTP_REQUEST_TIMEOUT": 1, "HTTP_IDLE_TIMEOUT": 1}
    server = Server(tmp_path_factory.mktemp("impatient"), **limits).start()
    yield server
    assert server.stop() == 0, server.log_text()


SLOW = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
POST = b"POST /api/rooms HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    ("beginning", "drip"),
    [
        pytest.param(b"", b"", id="nothing"),
        pytest.param(b"G", b"", id="first byte"),
        pytest.param(SLOW, b"", id="header"),
        pytest.param(SLOW, b"x", id="dripping header"),
        pytest.param(HANDSHAKE[:-2], b"", id="handshake"),
        pytest.param(HANDSHAKE[:-2] + b"X-Slow: ", b"x", id="dripping handshake"),
        pytest.param(POST + b"Content-Length: 1000\r\n\r\n", b"", id="body"),
        pytest.param(POST + b"Content-Length: 1000\r\n\r\n", b" ", id="dripping body"),
        pytest.param(POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", id="dripping chunks"),
    ],
)
def test_a_request_that_never_ends_is_cut(impatient: Server, beginning: bytes, drip: bytes) -> None:
    with RawConnection(impatient, limit=0.2) as connection:
        connection.send(beginning)

        def cut() -> bool:
            try:
                if drip:
                    connection.send(drip)
                return connection.socket.recv(4_096) == b""
            except TimeoutError:
                return False
            except (ConnectionResetError, BrokenPipeError):
                return True

        started = time.monotonic()
        eventually(cut, 6, "the server cuts the connection")
        assert time.monotonic() - started > 0.5, "it had its second"
    assert Rest(impatient).call("GET", "/healthz").status == 200


def test_an_idle_connection_between_requests_is_closed(impatient: Server) -> None:
    with RawConnection(impatient, limit=6) as connection:
        connection.send(request("GET", "/healthz"))
        assert connection.answer().status == 200
        assert connection.at_end()


# Descriptors


def descriptors(server: Server) -> int:
    return len(list(pathlib.Path(f"/proc/{server.pid}/fd").iterdir()))


def reset(connection: socket.socket) -> None:
    """Closes with RST, as a machine that was switched off and on again would."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def test_descriptors_return_after_five_hundred_connections(start_server: Callable[..., Server]) -> None:
    server = start_server()
    rest = Rest(server)
    for _ in range(10):  # what is opened once and kept is open after this
        assert rest.room("0" * 48).status == 404
    baseline = descriptors(server)
    for kind in (b"", b"GET / HT", request("GET", "/healthz"), HANDSHAKE, HANDSHAKE + b"\x81\x85\0\0"):
        connections = [socket.create_connection((server.host, server.port), timeout=10) for _ in range(100)]
        for connection in connections:
            connection.sendall(kind)
        if kind.endswith(b"\r\n\r\n"):
            assert all(connection.recv(16).startswith(b"HTTP/1.1 ") for connection in connections)
        eventually(lambda: descriptors(server) >= baseline + 95, 10, "all are accepted")
        for number, connection in enumerate(connections):
            if number % 2:
                reset(connection)
            else:
                connection.close()
        eventually(lambda: descriptors(server) <= baseline + 2, 10, f"descriptors return after {kind!r}")
    assert rest.call("GET", "/healthz").status == 200
