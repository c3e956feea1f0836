"""Sizes (group 9 of the Autobahn suite, as this server limits them): over 128 KiB in all closes with 1009."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support import frames
from support.frames import BINARY, TEXT, frame
from support.switchboard import Server
from support.wsclient import RawWebSocket

MAX_MESSAGE = 131072
TOO_BIG = 1009


@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
@pytest.mark.parametrize("length", [MAX_MESSAGE + 1, 1 << 20, 1 << 31, 1 << 32, (1 << 63) - 1])
def test_a_frame_over_the_limit_is_refused_by_its_header_alone(
    shared_server: Server, opcode: int, length: int
) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(opcode, announced=length))
        socket.expect_close(TOO_BIG)


@pytest.mark.parametrize("fin", [True, False], ids=["final", "not final"])
def test_a_frame_over_the_limit_is_refused_with_its_payload_behind_it(
    shared_server: Server, fin: bool
) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(TEXT, b" " * (MAX_MESSAGE + 1), fin=fin))
        socket.expect_close(TOO_BIG)


@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
@pytest.mark.parametrize("size", [1, 1024, MAX_MESSAGE // 2, MAX_MESSAGE])
def test_fragments_over_the_limit_in_all_are_refused(shared_server: Server, opcode: int, size: int) -> None:
    whole, rest = divmod(MAX_MESSAGE, size)
    assert rest == 0
    with RawWebSocket(shared_server) as socket:
        socket.send(*frames.fragments(b" " * (MAX_MESSAGE + 1), [size] * whole, opcode))
        socket.expect_close(TOO_BIG)


@pytest.mark.parametrize("length", [MAX_MESSAGE - 60000 + 1, MAX_MESSAGE - 1, MAX_MESSAGE, 1 << 32, (1 << 63) - 1])
def test_a_fragment_that_would_pass_the_limit_is_refused_by_its_header(
    shared_server: Server, length: int
) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(TEXT, b" " * 60000, fin=False))
        socket.send(frame(frames.CONTINUATION, fin=False, announced=length))
        socket.expect_close(TOO_BIG)


@pytest.mark.parametrize("fill", [b"", b"x"], ids=["empty", "one octet"])
def test_control_frames_do_not_count_against_the_message(shared_server: Server, fill: bytes) -> None:
    message = b'{"type":"ping"' + b" " * (MAX_MESSAGE - 15) + b"}"
    assert len(message) == MAX_MESSAGE
    with RawWebSocket(shared_server) as socket:
        pieces = frames.fragments(message, [8192] * 15)
        socket.send(*[piece + frame(frames.PONG, fill * 125) for piece in pieces])
        socket.expect_pong_message()
        socket.expect_alive()


def test_the_limit_starts_anew_with_each_message(shared_server: Server) -> None:
    message = b'{"type":"ping"' + b" " * (MAX_MESSAGE - 15) + b"}"
    with RawWebSocket(shared_server) as socket:
        for _ in range(3):
            socket.send(*frames.fragments(message, [80000]))
            socket.expect_pong_message()


def test_the_limit_is_a_setting(start_server: Callable[..., Server]) -> None:
    server = start_server(MAX_MESSAGE_BYTES=2048, MAX_SDP_BYTES=1024, MAX_CANDIDATE_BYTES=512)
    with RawWebSocket(server) as socket:
        socket.send(frames.text(b'{"type":"ping"' + b" " * (2048 - 15) + b"}"))
        socket.expect_pong_message()
        socket.send(frame(TEXT, announced=2049))
        socket.expect_close(TOO_BIG)
