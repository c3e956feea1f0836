"""Malformed requests, bodies, frames and messages on one server, while two good clients keep talking on it.

The tables are in `bad_requests.py` and `bad_messages.py`; here is how each kind is sent and judged.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator

import pytest

from support import frames
from support.bad_messages import BAD_FRAMES, BAD_MESSAGES, BadFrames, BadMessage
from support.bad_requests import BAD_REQUESTS, BadRequest
from support.goodpair import GoodPair
from support.switchboard import Server
from support.tcp import Connection, read_response, request
from support.wsclient import RawWebSocket, handshake, new_room, pair, raw_pair

LEAST_CASES = 200


def named(case: BadRequest | BadFrames | BadMessage) -> str:
    return case.id


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server under attack. At the end it must be healthy, pair, and have logged nothing like a crash."""
    server = Server(tmp_path_factory.mktemp("bad-input")).start()
    good = GoodPair(server)
    yield server
    good.finish()
    assert good.slowest < 5
    assert_still_works(server)
    assert server.stop() == 0, server.log_text()
    for word in ("Fatal error", "Crash", "backtrace", "SIGSEGV", "overflow"):
        assert word not in server.log_text()
    assert not [event for event in server.events if event.get("level") == "critical"]


def assert_still_works(server: Server) -> None:
    """A pairing and a room, from nothing to a forwarded message."""
    assert server.process is not None and server.process.poll() is None, server.log_text()
    with Connection(server.host, server.port) as connection:
        code = new_room()

        def call(path: str, **members: object) -> tuple[int, dict[str, object]]:
            connection.send(request("POST", path, json.dumps(members).encode()))
            response = read_response(connection)
            assert response is not None
            return response.status, response.json

        assert call("/api/rooms", joinid=code, client1="one", expiresInSeconds=60)[0] == 201
        status, accepted = call("/api/rooms/accept", joinid=code, client2="two")
        assert status == 200
        assert call("/api/rooms/check", joinid=code, client1="one") == (200, accepted)
    first, second = pair(server, str(accepted["roomid"]))
    with first, second:
        first.send("webrtc_offer", sdp="after all that")
        assert second.next("webrtc_offer")["sdp"] == "after all that"


def test_the_tables_are_long_enough_and_repeat_nothing() -> None:
    cases: list[BadRequest | BadFrames | BadMessage] = [*BAD_REQUESTS, *BAD_FRAMES, *BAD_MESSAGES]
    assert len({(type(case), case.id) for case in cases}) == len(cases)
    octets = {case.content if isinstance(case, BadMessage) else case.wire for case in cases}
    assert len(octets) > LEAST_CASES and len(octets) >= len(cases) - 1


@pytest.mark.parametrize("case", BAD_REQUESTS, ids=named)
def test_a_bad_request_is_refused_as_documented(server: Server, case: BadRequest) -> None:
    with Connection(server.host, server.port) as connection:
        connection.send(case.wire)
        if case.end:
            connection.half_close()
        response = read_response(connection)
        if response is None:
            assert case.status is None or case.may_be_lost, "the server closed without an answer"
            return
        assert response.status == case.status, response
        if case.error:
            response.assert_refusal(response.status, error=case.error)
            members = {"error", "message"} | ({"field"} if case.field else set())
            assert set(response.json) == members and response.json.get("field") == case.field, response
        assert response.header("allow") == case.allow, response
        if case.final:
            rest = response.rest + connection.receive_to_end()
            assert rest == b"", f"after its answer the server went on: {rest!r}"


@pytest.mark.parametrize("case", [case for case in BAD_REQUESTS if not case.final], ids=named)
def test_after_a_wrong_call_the_connection_serves_the_next(server: Server, case: BadRequest) -> None:
    """What was correct HTTP leaves the connection in step, unless the server says that it closes it."""
    with Connection(server.host, server.port) as connection:
        connection.send(case.wire)
        refusal = read_response(connection)
        assert refusal is not None
        if (refusal.header("connection") or "").lower() == "close":
            assert refusal.rest + connection.receive_to_end() == b""
            return
        connection.send(request("GET", "/healthz"))
        response = read_response(connection)
        assert response is not None and response.status == 200, response


@pytest.mark.parametrize("case", BAD_FRAMES, ids=named)
def test_bad_frames_close_the_connection_as_documented(server: Server, case: BadFrames) -> None:
    with RawWebSocket(server) as socket:
        socket.send(case.wire)
        socket.expect_close(case.code)


@pytest.mark.parametrize("case", BAD_MESSAGES, ids=named)
def test_a_bad_message_is_an_error_and_changes_nothing(server: Server, case: BadMessage) -> None:
    """The sender keeps its connection and its room, the other peer hears nothing of it."""
    sender, peer = raw_pair(server)
    with sender, peer:
        sender.send(frames.frame(case.opcode, case.content))
        answer = sender.next_message()
        assert set(answer) == ({"type"} if case.answer == "pong" else {"type", "error", "code"}), answer
        assert answer.get("code", answer["type"]) == case.answer, answer
        sender.expect_alive()
        peer.expect_alive()
        sender.send(frames.text('{"type":"webrtc_offer","sdp":"fine"}'))
        forwarded = peer.next_message("webrtc_offer")
        assert (forwarded["from"], forwarded["sdp"]) == (sender.id, "fine")


@pytest.mark.parametrize("seed", range(20))
def test_noise_never_gets_through(server: Server, seed: int) -> None:
    """Any octets at all, before and after a handshake; the server ends each connection with the client."""
    noise = random.Random(seed)
    for _ in range(10):
        octets = noise.randbytes(noise.randrange(1, 400))
        with Connection(server.host, server.port) as connection:
            connection.send(octets)
            connection.half_close()
            assert b" 200 " not in connection.receive_to_end()
        with RawWebSocket(server) as socket:
            socket.send(octets)
            socket.connection.half_close()
            while (received := socket.next_frame()) is not None:
                assert received.opcode in (frames.CLOSE, frames.PONG) or b'"error"' in received.payload, (
                    received
                )


def test_a_handshake_cut_anywhere_leaves_nothing_behind(server: Server) -> None:
    wire = handshake()
    for length in range(1, len(wire)):
        with Connection(server.host, server.port) as connection:
            connection.send(wire[:length])
            connection.half_close()
            assert not connection.receive_to_end().startswith(b"HTTP/1.1 101")


def test_a_frame_cut_anywhere_leaves_nothing_behind(server: Server) -> None:
    wire = frames.text('{"type":"ping"}' + " " * 120)
    for length in range(1, len(wire), 3):
        with RawWebSocket(server) as socket:
            socket.send(wire[:length])
            socket.connection.half_close()
            while (received := socket.next_frame()) is not None:
                assert received.opcode == frames.CLOSE, received


# Clients that take their time


START = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"

POST = b"POST /api/rooms HTTP/1.1\r\nHost: localhost\r\n"

LATE: dict[str, tuple[bytes, int]] = {
    "nothing at all": (b"", 0),
    "one octet": (b"G", 0),
    "half a request line": (b"GET / HT", 0),
    "fields without an end": (START, 0),
    "half a handshake": (handshake()[:-20], 0),
    "half a body": (POST + b"Content-Length: 50\r\n\r\n{", 0),
    "half a chunk": (POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", 0),
    "idle after an answer": (START + b"\r\n", 1),
    "half a second request": (START + b"\r\n" + START, 1),
    "no body for a page that wants none": (START + b"Content-Length: 99999999\r\n\r\n", 1),
}
"""Octets of a client that then falls silent, and how many requests among them can be answered."""


@pytest.fixture(scope="module")
def hasty_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"HANDSHAKE_TIMEOUT": 0.5, "HTTP_REQUEST_TIMEOUT": 0.5, "HTTP_IDLE_TIMEOUT": 0.5}
    server = Server(tmp_path_factory.mktemp("hasty"), **settings).start()
    yield server
    assert server.stop() == 0, server.log_text()


@pytest.mark.parametrize("name", LATE)
def test_a_client_that_stops_in_the_middle_is_not_waited_for(hasty_server: Server, name: str) -> None:
    """What can be answered is; an unfinished request is not, its connection is closed."""
    wire, answers = LATE[name]
    with Connection(hasty_server.host, hasty_server.port) as connection:
        connection.send(wire)
        received = connection.receive_to_end(limit=8)
        assert received.count(b"HTTP/1.1 ") == received.count(b"HTTP/1.1 200 OK\r\n") == answers, received
        assert bool(received) == bool(answers)


def test_a_client_that_sends_an_octet_now_and_then_is_not_waited_for(hasty_server: Server) -> None:
    """The deadline is for the whole request, so trickling does not extend it."""
    with Connection(hasty_server.host, hasty_server.port) as connection:
        connection.send(START)
        deadline = time.monotonic() + 8
        while time.monotonic() < deadline:
            connection.send(b"a")
            connection.socket.settimeout(0.1)
            try:
                assert connection.socket.recv(1) == b"", "an unfinished request was answered"
                return
            except TimeoutError:
                continue
            except ConnectionResetError:  # An octet that crossed the server's FIN on its way.
                return
        raise AssertionError("a request without an end was waited for")


def test_an_established_websocket_outlives_the_handshake_timeout(hasty_server: Server) -> None:
    with RawWebSocket(hasty_server) as socket:
        end = time.monotonic() + 1.5
        while time.monotonic() < end:
            socket.connection.socket.settimeout(0.5)
            with pytest.raises(TimeoutError):
                socket.connection.socket.recv(1)
        socket.expect_alive()


StartServer = Callable[..., Server]


def test_the_limits_on_requests_are_settings(start_server: StartServer) -> None:
    server = start_server(MAX_HEADER_BYTES=2048, MAX_BODY_BYTES=100, MAX_PURGE_BODY_BYTES=200)
    for wire, status, error in (
        (request("GET", "/healthz", headers={"X-Filler": "x" * 3000}), 431, "headers_too_large"),
        (handshake(X_Filler="x" * 3000), 431, "headers_too_large"),
        (request("POST", "/api/rooms", b'{"x":"' + b"y" * 100 + b'"}'), 413, "too_large"),
        (request("POST", "/api/user/purge", b'{"x":"' + b"y" * 200 + b'"}'), 413, "too_large"),
        (request("POST", "/api/user/purge", b'{"x":"' + b"y" * 150 + b'"}'), 400, "missing_field"),
    ):
        with Connection(server.host, server.port) as connection:
            connection.send(wire)
            response = read_response(connection)
            assert response is not None
            response.assert_refusal(status, error=error)
