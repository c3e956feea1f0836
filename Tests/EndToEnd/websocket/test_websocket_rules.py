"""RFC 6455 from section 5.2 to 5.5 in the case groups 1 to 5 of the Autobahn suite.

The server echoes nothing, so a `ping` message padded with white space takes the part of the echo.
"""

from __future__ import annotations

import json

import pytest

from support import frames
from support.frames import BINARY, CONTINUATION, PING, PONG, TEXT, frame
from support.switchboard import Server
from support.wsclient import RawWebSocket, raw_pair

PROTOCOL_ERROR = 1002
PING_MESSAGE = b'{"type":"ping"}'


def ping_of(length: int) -> bytes:
    """A `ping` message of exactly this many octets."""
    return PING_MESSAGE[:-1] + b" " * (length - len(PING_MESSAGE)) + b"}"


# 1 Framing (5.2)


@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
@pytest.mark.parametrize("length", [15, 125, 126, 127, 128, 65535, 65536])
def test_a_frame_of_each_length_form_is_understood(shared_server: Server, opcode: int, length: int) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(opcode, ping_of(length)))
        socket.expect_pong_message()
        socket.expect_alive()


@pytest.mark.parametrize("length", [15, 125, 126, 127, 128, 1000])
def test_a_frame_may_come_octet_by_octet(shared_server: Server, length: int) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send_in_pieces(frames.text(ping_of(length)))
        socket.expect_pong_message()
        socket.expect_alive()


@pytest.mark.parametrize("size", [997, 1460, 8192])
def test_a_frame_of_64_kib_may_come_in_pieces(shared_server: Server, size: int) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send_in_pieces(frames.text(ping_of(65536)), size=size)
        socket.expect_pong_message()


@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
def test_an_empty_message_is_no_json(shared_server: Server, opcode: int) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(opcode))
        socket.expect_error("invalid_json")
        socket.expect_alive()


def test_many_frames_in_one_segment_are_all_answered(shared_server: Server) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(*[frames.text(PING_MESSAGE)] * 200)
        socket.expect_pong_message(200)
        socket.expect_alive()


@pytest.mark.parametrize("mask", [bytes(4), b"\xff" * 4, b"\x00\x01\x02\x03"], ids=["zero", "ones", "mixed"])
def test_any_masking_key_is_undone(shared_server: Server, mask: bytes) -> None:
    with RawWebSocket(shared_server) as socket:
        for length in range(15, 32):
            socket.send(frame(TEXT, ping_of(length), mask=mask))
        socket.expect_pong_message(17)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 125, 126, 127, 4099, 49000])
def test_every_octet_of_a_payload_arrives_as_sent(shared_server: Server, length: int) -> None:
    sdp = (
        "".join(chr(0x21 + (index * 7) % 0x5D) for index in range(length))
        .replace("\\", "/")
        .replace('"', "'")
    )
    sender, receiver = raw_pair(shared_server)
    with sender, receiver:
        sender.send(frames.text(json.dumps({"type": "webrtc_offer", "sdp": sdp})))
        assert receiver.next_message("webrtc_offer")["sdp"] == sdp


@pytest.mark.parametrize(
    ("length", "length_octets"),
    [(15, 2), (125, 2), (15, 8), (125, 8), (126, 8), (65535, 8)],
)
def test_a_length_that_is_not_in_its_shortest_form_is_a_protocol_error(
    shared_server: Server, length: int, length_octets: int
) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(TEXT, ping_of(length), length_octets=length_octets))
        socket.expect_close(PROTOCOL_ERROR)


@pytest.mark.parametrize("announced", [1 << 63, (1 << 63) + 20, (1 << 64) - 1])
def test_a_length_with_its_top_bit_set_is_refused_by_its_header_alone(
    shared_server: Server, announced: int
) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(TEXT, length_octets=8, announced=announced))
        socket.expect_close(PROTOCOL_ERROR)


@pytest.mark.parametrize("opcode", [TEXT, BINARY, CONTINUATION, PING, PONG, frames.CLOSE])
@pytest.mark.parametrize("payload", [b"", PING_MESSAGE], ids=["empty", "payload"])
def test_an_unmasked_frame_is_a_protocol_error(shared_server: Server, opcode: int, payload: bytes) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(opcode, payload, mask=None))
        socket.expect_close(PROTOCOL_ERROR)


# 2 Pings and pongs (5.5.2, 5.5.3)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"Hello",
        bytes([0x00, 0xFF, 0xFE, 0xFD, 0xFC, 0xFB, 0x00, 0xFF]),
        b"\xfe" * 125,
        bytes(range(125)),
    ],
    ids=["empty", "text", "binary", "125 octets", "125 different octets"],
)
@pytest.mark.parametrize("chopped", [False, True], ids=["whole", "octets"])
def test_a_ping_is_answered_with_its_own_payload(
    shared_server: Server, payload: bytes, chopped: bool
) -> None:
    with RawWebSocket(shared_server) as socket:
        (socket.send_in_pieces if chopped else socket.send)(frame(PING, payload))
        received = socket.next_frame()
        assert received is not None and (received.opcode, received.payload) == (PONG, payload)
        socket.expect_alive()


@pytest.mark.parametrize("opcode", [PING, PONG], ids=["ping", "pong"])
@pytest.mark.parametrize("length", [126, 127, 65536])
def test_a_control_frame_over_125_octets_is_a_protocol_error(
    shared_server: Server, opcode: int, length: int
) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(opcode, bytes(length)))
        socket.expect_close(PROTOCOL_ERROR)


@pytest.mark.parametrize("opcode", [PING, PONG, frames.CLOSE], ids=["ping", "pong", "close"])
@pytest.mark.parametrize("length_octets", [2, 8])
def test_a_control_frame_with_a_long_length_form_is_a_protocol_error(
    shared_server: Server, opcode: int, length_octets: int
) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(opcode, b"\x03\xe8", length_octets=length_octets))
        socket.expect_close(PROTOCOL_ERROR)


@pytest.mark.parametrize("payload", [b"", b"unsolicited pong payload"], ids=["empty", "payload"])
def test_an_unsolicited_pong_is_ignored(shared_server: Server, payload: bytes) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(PONG, payload))
        socket.expect_alive()


@pytest.mark.parametrize("size", [None, 1], ids=["whole", "octets"])
def test_many_pings_in_a_row_are_answered_in_order(shared_server: Server, size: int | None) -> None:
    payloads = [f"payload-{number}".encode() for number in range(50)]
    wire = b"".join(frame(PING, payload) for payload in payloads)
    with RawWebSocket(shared_server) as socket:
        socket.send(wire) if size is None else socket.send_in_pieces(wire, size=size)
        for payload in payloads:
            received = socket.next_frame()
            assert received is not None and (received.opcode, received.payload) == (PONG, payload)
        socket.expect_alive()


# 3 Reserved bits (5.2)


@pytest.mark.parametrize("rsv", range(1, 8))
@pytest.mark.parametrize("opcode", [TEXT, BINARY, PING, PONG, frames.CLOSE])
def test_a_reserved_bit_is_a_protocol_error(shared_server: Server, rsv: int, opcode: int) -> None:
    with RawWebSocket(shared_server) as socket:
        payload = b"\x03\xe8" if opcode == frames.CLOSE else PING_MESSAGE
        socket.send(frames.text(PING_MESSAGE), frame(opcode, payload, rsv=rsv), frames.text(PING_MESSAGE))
        socket.expect_pong_message()
        socket.expect_close(PROTOCOL_ERROR)


# 4 Opcodes (5.2)


@pytest.mark.parametrize("payload", [b"", PING_MESSAGE], ids=["empty", "payload"])
@pytest.mark.parametrize("opcode", [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF])
def test_a_reserved_opcode_is_a_protocol_error(shared_server: Server, opcode: int, payload: bytes) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frames.text(PING_MESSAGE), frame(opcode, payload), frames.text(PING_MESSAGE))
        socket.expect_pong_message()
        socket.expect_close(PROTOCOL_ERROR)


# 5 Fragmentation (5.4)


@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
@pytest.mark.parametrize("sizes", [[0], [7], [7, 1], [0, 0, 15], [15], [1] * 15, [0, 3, 0, 3, 0]], ids=str)
@pytest.mark.parametrize("chopped", [False, True], ids=["whole", "octets"])
def test_fragments_are_put_together(
    shared_server: Server, opcode: int, sizes: list[int], chopped: bool
) -> None:
    with RawWebSocket(shared_server) as socket:
        (socket.send_in_pieces if chopped else socket.send)(*frames.fragments(PING_MESSAGE, sizes, opcode))
        socket.expect_pong_message()
        socket.expect_alive()


def test_thousands_of_empty_fragments_are_put_together(shared_server: Server) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(
            frame(TEXT, PING_MESSAGE[:7], fin=False),
            frames.continuation(fin=False) * 5000,
            frames.continuation(PING_MESSAGE[7:]),
        )
        socket.expect_pong_message()
        socket.expect_alive()


def test_a_message_of_64_kib_may_come_in_fragments_of_one_octet(shared_server: Server) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(*frames.fragments(ping_of(65536), [1] * 65535))
        socket.expect_pong_message()


@pytest.mark.parametrize("chopped", [False, True], ids=["whole", "octets"])
def test_control_frames_may_come_between_fragments(shared_server: Server, chopped: bool) -> None:
    first, second, third = frames.fragments(PING_MESSAGE, [5, 5])
    with RawWebSocket(shared_server) as socket:
        wire = (first, frame(PING, b"one"), frame(PONG, b"ignored"), second, frame(PING, b"two"), third)
        (socket.send_in_pieces if chopped else socket.send)(*wire)
        for payload in (b"one", b"two"):
            received = socket.next_frame()
            assert received is not None and (received.opcode, received.payload) == (PONG, payload)
        socket.expect_pong_message()


def test_a_ping_between_fragments_is_answered_before_the_message_ends(shared_server: Server) -> None:
    first, second = frames.fragments(PING_MESSAGE, [5])
    with RawWebSocket(shared_server) as socket:
        socket.send(first, frame(PING, b"now"))
        received = socket.next_frame()
        assert received is not None and (received.opcode, received.payload) == (PONG, b"now")
        socket.send(second)
        socket.expect_pong_message()


def test_a_close_between_fragments_is_answered(shared_server: Server) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(TEXT, b'{"type"', fin=False), frames.close(1000), frames.continuation(b':"ping"}'))
        socket.expect_close(1000)


@pytest.mark.parametrize("opcode", [PING, PONG, frames.CLOSE], ids=["ping", "pong", "close"])
def test_a_fragmented_control_frame_is_a_protocol_error(shared_server: Server, opcode: int) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(opcode, b"\x03\xe8", fin=False), frames.continuation(b"rest"))
        socket.expect_close(PROTOCOL_ERROR)


@pytest.mark.parametrize("fin", [True, False], ids=["final", "not final"])
@pytest.mark.parametrize("before", [b"", frames.text(PING_MESSAGE)], ids=["at first", "after a message"])
def test_a_continuation_of_nothing_is_a_protocol_error(
    shared_server: Server, fin: bool, before: bytes
) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(before, frames.continuation(PING_MESSAGE, fin=fin))
        if before:
            socket.expect_pong_message()
        socket.expect_close(PROTOCOL_ERROR)


@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
@pytest.mark.parametrize("fin", [True, False], ids=["final", "not final"])
def test_a_new_message_inside_a_fragmented_one_is_a_protocol_error(
    shared_server: Server, opcode: int, fin: bool
) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(TEXT, PING_MESSAGE[:5], fin=False), frame(opcode, PING_MESSAGE, fin=fin))
        socket.expect_close(PROTOCOL_ERROR)
