"""What is refused or ended before a route or a session sees it is counted, each by its reason and once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from support.metrics import FOLD_LIMIT, by_label, metric
from support.switchboard import Server
from support.tcp import Connection, read_response, request
from support.waiting import eventually
from support.wsclient import Client, handshake, new_room, pair

ORIGIN = "https://app.example"
HEAD = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"

REFUSALS: dict[str, tuple[bytes, int, str]] = {
    "long fields": (HEAD + b"X-Filler: " + b"x" * 20000 + b"\r\n\r\n", 431, "headers_too_large"),
    "a handshake with long fields": (handshake(X_Filler="x" * 20000), 431, "headers_too_large"),
    "no host": (b"GET /healthz HTTP/1.1\r\n\r\n", 400, "bad_request"),
    "no HTTP": (b"\x05\x01\x00", 400, "bad_request"),
    "a broken chunk": (
        b"POST /api/rooms HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        400,
        "bad_request",
    ),
    "version 12": (handshake(Sec_WebSocket_Version="12"), 426, "unsupported_version"),
    "another origin": (handshake(Origin="https://evil.example"), 403, "origin_not_allowed"),
    "a short key": (handshake(Sec_WebSocket_Key="c2hvcnQ="), 400, "bad_handshake"),
    "an unknown path": (request("GET", "/nowhere"), 404, "not_found"),
}

ENDS: dict[str, tuple[bytes, str]] = {
    "nothing at all": (b"", "handshake_timeout"),
    "half a head": (HEAD, "handshake_timeout"),
    "half a body": (
        b"POST /api/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{",
        "request_timeout",
    ),
    "half a second head": (HEAD + b"\r\n" + HEAD, "request_timeout"),
    "nothing after an answer": (HEAD + b"\r\n", "idle_timeout"),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    limits = {"HANDSHAKE_TIMEOUT": 1, "HTTP_REQUEST_TIMEOUT": 1, "HTTP_IDLE_TIMEOUT": 1}
    server = Server(tmp_path_factory.mktemp("counting"), ALLOWED_ORIGINS=ORIGIN, **limits).start()
    yield server
    assert server.stop() == 0, server.log_text()


def expect_one_more(counts: Callable[[], dict[str, float]], before: dict[str, float], reason: str) -> None:
    """The counter of this reason goes up by one, and no other of them moves."""
    expected = before | {reason: before.get(reason, 0) + 1}
    eventually(lambda: counts() != before, FOLD_LIMIT, f"{reason} is counted", interval=0.1)
    assert counts() == expected


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_counted_by_its_id(server: Server, name: str) -> None:
    def counts() -> dict[str, float]:
        return by_label(server, "switchboard_http_refusals_total", "reason")

    wire, status, reason = REFUSALS[name]
    before = counts()
    with Connection(server.host, server.port) as connection:
        connection.send(wire)
        response = read_response(connection)
        assert response is not None
        response.assert_refusal(status, error=reason)
    expect_one_more(counts, before, reason)


@pytest.mark.parametrize("name", ENDS)
def test_a_connection_that_overstays_is_counted_by_what_it_kept_waiting(server: Server, name: str) -> None:
    def counts() -> dict[str, float]:
        return by_label(server, "switchboard_connections_ended_total", "reason")

    wire, reason = ENDS[name]
    before = counts()
    with Connection(server.host, server.port) as connection:
        connection.send(wire)
        connection.receive_to_end()
    expect_one_more(counts, before, reason)


def test_open_connections_are_a_gauge(start_server: Callable[..., Server]) -> None:
    server = start_server()

    def show(count: int) -> None:
        eventually(
            lambda: metric(server, "switchboard_connections") == count,
            FOLD_LIMIT,
            f"{count} connections are open",
            interval=0.1,
        )

    with contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(Connection(server.host, server.port))
        for _ in range(2):
            stack.enter_context(Client(server))
        show(7)
    show(0)


def test_a_full_room_is_counted(start_server: Callable[..., Server]) -> None:
    server = start_server(PROBE_TIMEOUT=0.3)
    room = new_room()
    first, second = pair(server, room)
    with first, second, Client(server) as third:
        third.send("join_room", roomId=room)
        for member in (first, second):
            member.wait(lambda member=member: member.pings_received > 0)
        third.next("room_full")
        expect_one_more(
            lambda: by_label(server, "switchboard_signaling_refusals_total", "reason"), {}, "room_full"
        )
