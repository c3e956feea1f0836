"""UTF-8 in text messages (RFC 6455, section 8.1; group 6 of the Autobahn suite).

Valid text travels through a room so that it can be compared; invalid text closes with 1007 as soon as it
cannot become valid any more, also in the middle of a message.
"""

from __future__ import annotations

import pytest

from support import frames
from support.frames import BINARY, TEXT, frame
from support.switchboard import Server
from support.wsclient import RawWebSocket, raw_pair

INVALID_PAYLOAD = 1007

VALID = {
    "two octets": "é",
    "kosme": "κόσμε",
    "first of two octets": "\u0080",
    "first of three octets": "\u0800",
    "first of four octets": "\U00010000",
    "last of one octet": "\u007f",
    "last of two octets": "\u07ff",
    "last of three octets": "\uffff",
    "last of all": "\U0010ffff",
    "below the surrogates": "\ud7ff",
    "above the surrogates": "\ue000",
    "replacement character": "\ufffd",
    "non-characters": "\ufffe\U0001fffe\U0010fffe",
    "byte order mark inside": "a\ufeffb",
    "emoji and joiners": "👩‍👩‍👧‍👦🏳️‍🌈",
    "mixed": "Hello-µ@ßöäüàá-UTF-8!! 漢字 𝒳",
}

INVALID = {
    "lone continuation": b"\x80",
    "last continuation": b"\xbf",
    "two continuations": b"\x80\xbf",
    "all continuations": bytes(range(0x80, 0xC0)),
    "C0": b"\xc0 ",
    "C1": b"\xc1\xbf",
    "F5": b"\xf5\x80\x80\x80",
    "F8 of five octets": b"\xf8\x88\x80\x80\x80",
    "FC of six octets": b"\xfc\x84\x80\x80\x80\x80",
    "FE": b"\xfe",
    "FF": b"\xff",
    "two octets cut by a space": b"\xc3 ",
    "three octets cut by a space": b"\xe2\x82 ",
    "four octets cut by a space": b"\xf0\x9f\x98 ",
    "lead after lead": b"\xc3\xc3\xa9",
    "overlong slash in two": b"\xc0\xaf",
    "overlong slash in three": b"\xe0\x80\xaf",
    "overlong slash in four": b"\xf0\x80\x80\xaf",
    "greatest overlong of two": b"\xc1\xbf",
    "greatest overlong of three": b"\xe0\x9f\xbf",
    "greatest overlong of four": b"\xf0\x8f\xbf\xbf",
    "overlong nul": b"\xc0\x80",
    "first surrogate": b"\xed\xa0\x80",
    "last high surrogate": b"\xed\xaf\xbf",
    "first low surrogate": b"\xed\xb0\x80",
    "last surrogate": b"\xed\xbf\xbf",
    "surrogate pair": b"\xed\xa0\xbd\xed\xb8\x80",
    "over U+10FFFF": b"\xf4\x90\x80\x80",
    "Latin-1": "Ätzend".encode("latin-1"),
    "UTF-16": "ping".encode("utf-16"),
}


def sdp_of(content: bytes) -> bytes:
    return b'{"type":"webrtc_offer","sdp":"' + content + b'"}'


@pytest.mark.parametrize("name", VALID)
@pytest.mark.parametrize("way", ["one frame", "fragment of each octet", "segment of each octet", "both"])
def test_valid_text_arrives_however_it_is_cut(shared_server: Server, name: str, way: str) -> None:
    payload = sdp_of(VALID[name].encode())
    fragmented = way in ("fragment of each octet", "both")
    wire = frames.fragments(payload, [1] * (len(payload) - 1)) if fragmented else [frames.text(payload)]
    sender, receiver = raw_pair(shared_server)
    with sender, receiver:
        (sender.send if way in ("one frame", "fragment of each octet") else sender.send_in_pieces)(*wire)
        assert receiver.next_message("webrtc_offer")["sdp"] == VALID[name]


@pytest.mark.parametrize("name", INVALID)
@pytest.mark.parametrize("way", ["one frame", "fragment of each octet", "segment of each octet"])
def test_invalid_text_closes_with_1007(shared_server: Server, name: str, way: str) -> None:
    payload = sdp_of(INVALID[name])
    with RawWebSocket(shared_server) as socket:
        match way:
            case "one frame":
                socket.send(frames.text(payload))
            case "fragment of each octet":
                socket.send(*frames.fragments(payload, [1] * (len(payload) - 1)))
            case _:
                socket.send_in_pieces(frames.text(payload))
        socket.expect_close(INVALID_PAYLOAD)


@pytest.mark.parametrize("name", INVALID)
def test_invalid_text_is_refused_before_its_frame_ends(shared_server: Server, name: str) -> None:
    whole = frames.text(sdp_of(INVALID[name]) + b" " * 1000)
    with RawWebSocket(shared_server) as socket:
        socket.send(whole[:-900])
        socket.expect_close(INVALID_PAYLOAD)


@pytest.mark.parametrize("name", INVALID)
def test_invalid_text_is_refused_before_its_message_ends(shared_server: Server, name: str) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(
            frames.text(b'{"type":"ping","note":"', fin=False), frames.continuation(INVALID[name], fin=False)
        )
        socket.expect_close(INVALID_PAYLOAD)


@pytest.mark.parametrize(
    ("start", "wrong"),
    [
        (b"\xf4", b"\x90"),
        (b"\xed", b"\xa0"),
        (b"\xe0", b"\x9f"),
        (b"\xf0", b"\x8f"),
        (b"\xf0\x9f", b"\xc0"),
        (b"\xc3", b"\x28"),
    ],
    ids=[
        "over U+10FFFF",
        "surrogate",
        "overlong of three",
        "overlong of four",
        "lead for continuation",
        "ASCII for continuation",
    ],
)
@pytest.mark.parametrize("cut", ["fragments", "segments"])
def test_the_first_octet_that_cannot_follow_is_refused(
    shared_server: Server, start: bytes, wrong: bytes, cut: str
) -> None:
    """The sequence is correct up to the cut, and nothing after the wrong octet is ever sent."""
    head = b'{"type":"ping","note":"' + start
    with RawWebSocket(shared_server) as socket:
        if cut == "fragments":
            first, second = frames.text(head, fin=False), frames.continuation(wrong, fin=False)
        else:
            whole = frames.text(head + wrong + b" " * 100)
            boundary = len(whole) - 100 - len(wrong)
            first, second = whole[:boundary], whole[boundary : boundary + len(wrong)]
        socket.send(first, frame(frames.PING, b"still fine") if cut == "fragments" else b"")
        if cut == "fragments":
            received = socket.next_frame()
            assert received is not None and received.opcode == frames.PONG, (
                "a sequence that may go on is no error"
            )
        else:
            socket.connection.wait_until_read()
        socket.send(second)
        socket.expect_close(INVALID_PAYLOAD)


@pytest.mark.parametrize(
    "cut", [b"\xc3", b"\xe2", b"\xe2\x82", b"\xf0", b"\xf0\x9f", b"\xf0\x9f\x98"], ids=repr
)
@pytest.mark.parametrize("fragmented", [False, True], ids=["one frame", "fragments"])
def test_a_message_that_ends_inside_a_character_is_refused(
    shared_server: Server, cut: bytes, fragmented: bool
) -> None:
    payload = b'{"type":"ping"}' + cut
    with RawWebSocket(shared_server) as socket:
        socket.send(*frames.fragments(payload, [len(payload) - 1] if fragmented else []))
        socket.expect_close(INVALID_PAYLOAD)


def test_each_message_starts_with_a_fresh_check(shared_server: Server) -> None:
    """A second text frame must not complete a character that the first left open."""
    with RawWebSocket(shared_server) as socket:
        socket.send(frames.text(b'{"type":"ping"}\xc3'), frames.text(b'\xa9{"type":"ping"}'))
        socket.expect_close(INVALID_PAYLOAD)


@pytest.mark.parametrize("name", INVALID)
def test_a_binary_message_that_is_no_utf8_is_no_json(shared_server: Server, name: str) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(BINARY, sdp_of(INVALID[name])))
        socket.expect_error("invalid_json")
        socket.expect_alive()


def test_invalid_text_wins_over_a_message_that_is_too_strange_to_read(shared_server: Server) -> None:
    with RawWebSocket(shared_server) as socket:
        socket.send(frame(TEXT, b"no json at all \xff"))
        socket.expect_close(INVALID_PAYLOAD)
