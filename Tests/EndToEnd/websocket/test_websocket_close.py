"""Closing (RFC 6455, sections 5.5.1 and 7; group 7 of the Autobahn suite)."""

from __future__ import annotations

import pytest

from support import frames
from support.frames import CLOSE, frame
from support.switchboard import Server
from support.wsclient import Client, RawWebSocket, new_room, pair

PROTOCOL_ERROR, INVALID_PAYLOAD = 1002, 1007
PING_MESSAGE = frames.text('{"type":"ping"}')

VALID_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
INVALID_CODES = [0, 1, 125, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 5001, 65535]


@pytest.mark.parametrize("code", VALID_CODES)
def test_a_valid_close_code_is_echoed(shared_server: Server, code: int) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frames.close(code))
        socket.expect_close(code)


def test_a_close_without_a_code_is_answered(shared_server: Server) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frames.close())
        socket.expect_close(None, 1000)


@pytest.mark.parametrize("code", INVALID_CODES)
def test_an_invalid_close_code_is_a_protocol_error(shared_server: Server, code: int) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frames.close(code))
        socket.expect_close(PROTOCOL_ERROR)


@pytest.mark.parametrize("octet", [b"\x00", b"\x03", b"\xff"])
def test_a_close_payload_of_one_octet_is_a_protocol_error(shared_server: Server, octet: bytes) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(CLOSE, octet))
        socket.expect_close(PROTOCOL_ERROR)


@pytest.mark.parametrize(
    "reason", [b"", b"bye", "tschüß 👋".encode(), b"*" * 123], ids=["none", "ascii", "unicode", "123"]
)
@pytest.mark.parametrize("chopped", [False, True], ids=["whole", "octets"])
def test_a_reason_of_up_to_123_octets_is_fine(shared_server: Server, reason: bytes, chopped: bool) -> None:
    with RawWebSocket(shared_server) as socket:
        (socket.send_in_pieces if chopped else socket.send)(frames.close(1000, reason))
        socket.expect_close(1000)


def test_a_reason_of_124_octets_is_a_protocol_error(shared_server: Server) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frames.close(1000, b"*" * 124))
        socket.expect_close(PROTOCOL_ERROR)


@pytest.mark.parametrize(
    "reason",
    [
        b"\xff",
        b"ok \xc3",
        b"\xed\xa0\x80",
        b"\xc0\xaf",
        b"\xf4\x90\x80\x80",
        b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited",
    ],
    ids=["FF", "cut", "surrogate", "overlong", "over U+10FFFF", "surrogate inside"],
)
def test_a_reason_that_is_no_utf8_closes_with_1007(shared_server: Server, reason: bytes) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frames.close(1000, reason))
        socket.expect_close(INVALID_PAYLOAD)


@pytest.mark.parametrize(
    "after",
    [
        PING_MESSAGE,
        frame(frames.PING, b"late"),
        frames.close(1001),
        frame(0x7, b"broken"),
        PING_MESSAGE * 100,
    ],
    ids=["message", "ping", "second close", "broken frame", "many messages"],
)
def test_what_follows_a_close_is_ignored(shared_server: Server, after: bytes) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frames.close(1000), after)
        socket.expect_close(1000)


def test_what_came_before_a_close_is_answered_before_it(shared_server: Server) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(PING_MESSAGE * 10, frames.close(1000))
        socket.expect_pong_message(10)
        socket.expect_close(1000)


def test_the_server_ends_tcp_first_and_cleanly(shared_server: Server) -> None:
    """Section 7.1.1: the client may wait for it; a reset would throw the echo away."""
    with RawWebSocket(shared_server) as socket:
        socket.send(frames.close(1000))
        received = socket.next_frame()
        assert received is not None and received.close_code == 1000
        socket.expect_end()
        assert not socket.connection.was_reset


def test_wsproto_agrees_that_the_handshake_is_complete(shared_server: Server) -> None:
    client = Client(shared_server)
    client.close(4321)


@pytest.mark.parametrize("way", ["close", "close without a code", "end of stream", "reset", "protocol error"])
def test_every_end_of_a_connection_is_told_to_the_peer(shared_server: Server, way: str) -> None:
    room = new_room()
    with Client(shared_server) as stays, RawWebSocket(shared_server) as goes:
        stays.join(room)
        goes.join(room)
        goes.next_message("room_ready")
        stays.next("room_ready")
        match way:
            case "close":
                goes.send(frames.close(1001))
            case "close without a code":
                goes.send(frames.close())
            case "end of stream":
                goes.connection.half_close()
            case "reset":
                goes.connection.reset()
            case _:
                goes.send(frame(0x3))
        assert set(stays.next("peer_disconnected")) == {"type", "message"}
        stays.assert_nothing_came()


def test_a_half_closed_connection_is_ended_by_the_server(shared_server: Server) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.connection.half_close()
        while socket.next_frame() is not None:
            pass


def test_a_peer_may_close_while_it_is_being_written_to(shared_server: Server) -> None:
    sender, goes = pair(shared_server)
    with sender, goes:
        for _ in range(100):
            sender.send("webrtc_offer", sdp="v=0" * 1000)
        goes.close(1000)
        sender.wait(lambda: sender.has_message)
        assert sender.next()["type"] == "peer_disconnected"
