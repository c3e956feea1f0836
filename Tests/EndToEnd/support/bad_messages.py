"""Malformed WebSocket frames and messages, each with the reaction that is documented for it."""

from __future__ import annotations

import dataclasses
import json

from support import frames
from support.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, frame

PROTOCOL_ERROR, INVALID_PAYLOAD, TOO_BIG = 1002, 1007, 1009


@dataclasses.dataclass(frozen=True)
class BadFrames:
    """Octets after a handshake that end the connection with this code."""

    id: str
    wire: bytes
    code: int


def broken(id: str, *wire: bytes, code: int = PROTOCOL_ERROR) -> BadFrames:
    return BadFrames(id, b"".join(wire), code)


PING_MESSAGE = b'{"type":"ping"}'
START = frame(TEXT, b'{"type":', fin=False)

BAD_FRAMES = [
    broken("HTTP for frames", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    broken("TLS for frames", bytes.fromhex("160301020001fc0303") + bytes(100)),
    broken("bare JSON for frames", PING_MESSAGE),
    broken("ones", b"\xff" * 32),
    broken("zeros", bytes(32)),
    broken("unmasked text", frame(TEXT, PING_MESSAGE, mask=None)),
    broken("unmasked binary", frame(BINARY, PING_MESSAGE, mask=None)),
    broken("unmasked ping", frame(PING, mask=None)),
    broken("unmasked close", frame(CLOSE, b"\x03\xe8", mask=None)),
    broken("unmasked frame inside a message", START, frame(CONTINUATION, b'"ping"}', mask=None)),
    broken("compressed without being asked", frame(TEXT, b"\xaaV*\xa9,HU\xb2R*\xc8\xccK\xaf\x05\x00", rsv=4)),
    broken("reserved bit 2", frame(TEXT, PING_MESSAGE, rsv=2)),
    broken("reserved bit 3", frame(TEXT, PING_MESSAGE, rsv=1)),
    broken("reserved bits on a ping", frame(PING, rsv=7)),
    broken("reserved bit inside a message", START, frame(CONTINUATION, b'"ping"}', rsv=4)),
    *(
        broken(f"opcode {opcode:#x}", frame(opcode, b"payload"))
        for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
    ),
    broken("opcode 0x3 inside a message", START, frame(3)),
    broken("continuation of nothing", frames.continuation(b"x")),
    broken("text inside a message", START, frames.text(PING_MESSAGE)),
    broken("binary inside a message", START, frame(BINARY, PING_MESSAGE)),
    broken("empty text inside a message", START, frames.text(b"", fin=False)),
    broken("fragmented ping", frame(PING, b"x", fin=False)),
    broken("fragmented pong", frame(PONG, b"x", fin=False)),
    broken("fragmented close", frame(CLOSE, b"\x03\xe8", fin=False)),
    broken("ping of 126 octets", frame(PING, bytes(126))),
    broken("pong of 126 octets", frame(PONG, bytes(126))),
    broken("close of 126 octets", frames.close(1000, b"x" * 124)),
    broken("ping of 64 KiB by its header alone", frame(PING, announced=65536)),
    broken("ping of 2^63 octets", frame(PING, announced=1 << 63)),
    broken("length 0 in two octets", frame(TEXT, length_octets=2)),
    broken("length 125 in two octets", frame(TEXT, b" " * 125, length_octets=2)),
    broken("length 0 in eight octets", frame(TEXT, length_octets=8)),
    broken("length 65535 in eight octets", frame(TEXT, b" " * 65535, length_octets=8)),
    broken("length with the top bit", frame(TEXT, announced=1 << 63)),
    broken("length of all ones", frame(TEXT, announced=(1 << 64) - 1)),
    broken("length of 2^63 - 1", frame(TEXT, announced=(1 << 63) - 1), code=TOO_BIG),
    broken("one octet too many", frame(TEXT, announced=131073), code=TOO_BIG),
    broken(
        "one octet too many in a fragment",
        frames.text(b" " * 131072, fin=False),
        frames.continuation(b" "),
        code=TOO_BIG,
    ),
    broken(
        "length of 2^63 - 1 in a fragment",
        START,
        frame(CONTINUATION, announced=(1 << 63) - 1),
        code=TOO_BIG,
    ),
    broken(
        "length of 2^63 in a fragment",
        START,
        frame(CONTINUATION, announced=1 << 63),
    ),
    broken("close payload of one octet", frame(CLOSE, b"\x03")),
    *(
        broken(f"close code {code}", frames.close(code))
        for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535)
    ),
    broken("close reason that is no UTF-8", frames.close(1000, b"\xff"), code=INVALID_PAYLOAD),
    broken("text that is no UTF-8", frames.text(b"\xff"), code=INVALID_PAYLOAD),
    broken("text that ends in a character", frames.text(b"\xe2\x82"), code=INVALID_PAYLOAD),
    broken(
        "continuation that is no UTF-8",
        START,
        frames.continuation(b"\xff", fin=False),
        code=INVALID_PAYLOAD,
    ),
    broken("surrogate in text", frames.text(b'"\xed\xa0\x80"'), code=INVALID_PAYLOAD),
]


@dataclasses.dataclass(frozen=True)
class BadMessage:
    """A message that is answered with this error code (`pong`: a strange ping) and changes nothing."""

    id: str
    content: bytes
    answer: str
    opcode: int = TEXT


def candidate(**changes: object) -> str:
    """A candidate message with some members changed."""
    members = {"candidate": "c", "sdpMLineIndex": 0, "sdpMid": "0"} | changes
    return json.dumps({"type": "ice_candidate", "candidate": members})


def messages(answer: str, table: dict[str, str | bytes]) -> list[BadMessage]:
    return [
        BadMessage(id, text.encode() if isinstance(text, str) else text, answer) for id, text in table.items()
    ]


NO_JSON: dict[str, str | bytes] = {
    "empty": "",
    "white space": " \t\r\n",
    "word": "ping",
    "open brace": "{",
    "closing brace": "}",
    "open bracket": "[",
    "open string": '"ping',
    "cut in a key": '{"typ',
    "cut after a key": '{"type"',
    "cut after a colon": '{"type":',
    "cut in a value": '{"type":"pi',
    "cut before the brace": '{"type":"ping"',
    "cut after a comma": '{"type":"ping",',
    "comma at the end": '{"type":"ping",}',
    "comma at the start": '{,"type":"ping"}',
    "two commas": '{"type":"ping",,"a":1}',
    "no comma": '{"type":"ping" "a":1}',
    "no colon": '{"type" "ping"}',
    "two colons": '{"type"::"ping"}',
    "equals sign": '{"type"="ping"}',
    "semicolon": '{"type":"ping";"a":1}',
    "single quotes": "{'type':'ping'}",
    "bare key": '{type:"ping"}',
    "bare value": '{"type":ping}',
    "number as a key": '{1:"ping"}',
    "null as a key": '{null:1,"type":"ping"}',
    "two objects": PING_MESSAGE + PING_MESSAGE,
    "object and comma": PING_MESSAGE + b",",
    "object and brace": PING_MESSAGE + b"}",
    "object and word": PING_MESSAGE + b" ok",
    "object and nul": PING_MESSAGE + b"\x00",
    "byte order mark behind": PING_MESSAGE.decode() + "\ufeff",
    "two byte order marks": "\ufeff\ufeff" + PING_MESSAGE.decode(),
    "no-break space": "\u00a0" + PING_MESSAGE.decode(),
    "form feed": "\f" + PING_MESSAGE.decode(),
    "vertical tab": PING_MESSAGE.decode() + "\v",
    "line comment": '{"type":"ping"} // hello',
    "block comment": '{/* hello */"type":"ping"}',
    "bracket for brace": '{"type":"ping"]',
    "brace for bracket": '{"type":"ping","a":[1}',
    "array comma at the end": '{"type":"ping","a":[1,]}',
    "array comma at the start": '{"type":"ping","a":[,1]}',
    "array without comma": '{"type":"ping","a":[1 2]}',
    "array with a colon": '{"type":"ping","a":["x":1]}',
    "array open": '{"type":"ping","a":[1',
    "inner object broken": '{"type":"ping","a":{"b"}}',
    "inner key is a number": '{"type":"ping","a":{1:2}}',
    "leading zero": '{"type":"ping","n":01}',
    "negative leading zero": '{"type":"ping","n":-01}',
    "no fraction": '{"type":"ping","n":1.}',
    "no integer": '{"type":"ping","n":.5}',
    "plus sign": '{"type":"ping","n":+1}',
    "minus alone": '{"type":"ping","n":-}',
    "two minuses": '{"type":"ping","n":--1}',
    "no exponent": '{"type":"ping","n":1e}',
    "exponent sign alone": '{"type":"ping","n":1e+}',
    "two points": '{"type":"ping","n":1.2.3}',
    "hex": '{"type":"ping","n":0x1F}',
    "underscore": '{"type":"ping","n":1_000}',
    "NaN": '{"type":"ping","n":NaN}',
    "Infinity": '{"type":"ping","n":Infinity}',
    "negative Infinity": '{"type":"ping","n":-Infinity}',
    "fullwidth digit": '{"type":"ping","n":１}',
    "True": '{"type":"ping","b":True}',
    "tru": '{"type":"ping","b":tru}',
    "nulll": '{"type":"ping","b":nulll}',
    "undefined": '{"type":"ping","b":undefined}',
    "raw newline": '{"type":"ping","s":"a\nb"}',
    "raw tab": '{"type":"ping","s":"a\tb"}',
    "raw nul": '{"type":"ping","s":"a\0b"}',
    "raw escape character": '{"type":"ping","s":"\x1b"}',
    "raw newline in a key": '{"type":"ping","a\nb":1}',
    "escape x": '{"type":"ping","s":"\\x41"}',
    "escape quote": '{"type":"ping","s":"\\\'"}',
    "escape zero": '{"type":"ping","s":"\\0"}',
    "escape upper-case U": '{"type":"ping","s":"\\U0041"}',
    "escape of three digits": '{"type":"ping","s":"\\u004"}',
    "escape of no digits": '{"type":"ping","s":"\\u"}',
    "escape without hex": '{"type":"ping","s":"\\u00GG"}',
    "escape with a sign": '{"type":"ping","s":"\\u+041"}',
    "escaped end": '{"type":"ping","s":"\\"}',
    "open after an escape": '{"type":"ping","s":"\\',
    "typographic quotes": "{“type”:“ping”}",
    "xml": "<type>ping</type>",
    "query": "type=ping",
    "socket.io": '42["ping"]',
    "brackets without end": "[" * 60000,
    "braces without end": '{"a":' * 12000,
    "brackets in a member without end": '{"type":"ping","a":' + "[" * 60000,
}

NO_MESSAGE: dict[str, str | bytes] = {
    "array": "[]",
    "array of a message": '[{"type":"ping"}]',
    "string": '"ping"',
    "number": "1",
    "true": "true",
    "null": "null",
    "no members": "{}",
    "no type": '{"sdp":"x"}',
    "Type": '{"Type":"ping"}',
    "type with a space": '{"type ":"ping"}',
    "type is null": '{"type":null}',
    "type is a number": '{"type":1}',
    "type is true": '{"type":true}',
    "type is an array": '{"type":["ping"]}',
    "type is an object": '{"type":{"type":"ping"}}',
    "type only inside": '{"a":{"type":"ping"}}',
    "last type is null": '{"type":"ping","type":null}',
    "offer without sdp": '{"type":"webrtc_offer"}',
    "offer with null": '{"type":"webrtc_offer","sdp":null}',
    "offer with a number": '{"type":"webrtc_offer","sdp":1}',
    "offer with an object": '{"type":"webrtc_offer","sdp":{"type":"offer","sdp":"v=0"}}',
    "offer with an array": '{"type":"webrtc_offer","sdp":["v=0"]}',
    "offer with true": '{"type":"webrtc_offer","sdp":true}',
    "offer whose last sdp is a number": '{"type":"webrtc_offer","sdp":"v=0","sdp":1}',
    "offer with SDP": '{"type":"webrtc_offer","SDP":"v=0"}',
    "answer without sdp": '{"type":"webrtc_answer"}',
    "answer with null": '{"type":"webrtc_answer","sdp":null}',
    "answer with an object": '{"type":"webrtc_answer","sdp":{}}',
    "candidate missing": '{"type":"ice_candidate"}',
    "candidate is text": '{"type":"ice_candidate","candidate":"candidate:1"}',
    "candidate is a number": '{"type":"ice_candidate","candidate":1}',
    "candidate is false": '{"type":"ice_candidate","candidate":false}',
    "candidate is an array": '{"type":"ice_candidate","candidate":[]}',
    "candidate is empty": '{"type":"ice_candidate","candidate":{}}',
    "candidate in it is null": candidate(candidate=None),
    "candidate in it is a number": candidate(candidate=1),
    "candidate index is text": candidate(sdpMLineIndex="0"),
    "candidate index is true": candidate(sdpMLineIndex=True),
    "candidate index is an object": candidate(sdpMLineIndex={}),
    "candidate mid is a number": candidate(sdpMid=0),
    "candidate mid is an array": candidate(sdpMid=["0"]),
}

UNKNOWN_TYPES: dict[str, str | bytes] = {
    f"type {name!r:.30}": json.dumps({"type": name, "roomId": "x", "sdp": "x"})
    for name in (
        *(
            "",
            " ",
            "PING",
            "ping ",
            "pıng",
            "ping\0",
            "pong",
            "join",
            "join_rooms",
            "join-room",
            "joinRoom",
            "offer",
        ),
        *(
            "connected",
            "room_joined",
            "room_ready",
            "peer_left",
            "peer_disconnected",
            "left_room",
            "room_full",
            "error",
        ),
        *("key_exchange_", "key_exchange_completed", "hello_world", "__proto__", "x" * 60000),
    )
}

BAD_ROOMS: dict[str, str | bytes] = {
    f"join {literal:.24}": '{"type":"join_room","roomId":' + literal + "}"
    for literal in (
        '""',
        "null",
        "1",
        "true",
        "[]",
        "{}",
        '["x"]',
        '"' + "x" * 129 + '"',
        '"' + "é" * 129 + '"',
    )
}
BAD_ROOMS |= {
    "join without a room": '{"type":"join_room"}',
    "join with room_id": '{"type":"join_room","room_id":"x"}',
}

TOO_LARGE: dict[str, str | bytes] = {
    "offer of 113 KiB": json.dumps({"type": "webrtc_offer", "sdp": "x" * 115000}),
    "answer of 113 KiB of two-octet characters": json.dumps(
        {"type": "webrtc_answer", "sdp": "é" * 57500}, ensure_ascii=False
    ),
    "candidate of 5 KiB": candidate(candidate="x" * 5000),
    "candidate of 5 KiB of members": candidate(x=[1] * 2500),
}

TOO_DEEP: dict[str, str | bytes] = {
    "33 levels": '{"type":"ping","a":' + "[" * 32 + "]" * 32 + "}",
    "depth of 15,000": '{"type":"ping","a":' + "[" * 15000 + "]" * 15000 + "}",
    "depth of 5,000 objects": '{"type":"ping","a":' + '{"a":' * 5000 + "1" + "}" * 5000 + "}",
}

STRANGE: dict[str, str | bytes] = {
    "32 levels": '{"type":"ping","a":' + "[" * 31 + "]" * 31 + "}",
    "number of 60,000 digits": '{"type":"ping","n":' + "9" * 60000 + "}",
    "exponent of 60,000 digits": '{"type":"ping","n":1e' + "9" * 60000 + "}",
    "lone surrogate": '{"type":"ping","s":"\\ud800"}',
    "surrogates the wrong way round": '{"type":"ping","s":"\\udc00\\ud800"}',
    "10,000 members": "{" + ",".join(f'"{n}":{n % 10}' for n in range(5000)) + ',"type":"ping"}',
    "10,000 types": "{" + '"type":"x",' * 5000 + '"type":"ping"}',
}

BAD_MESSAGES = [
    *messages("invalid_json", NO_JSON),
    *messages("invalid_message", NO_MESSAGE),
    *messages("unknown_type", UNKNOWN_TYPES),
    *messages("invalid_room_id", BAD_ROOMS),
    *messages("too_large", TOO_LARGE),
    *messages("invalid_json", TOO_DEEP),
    *messages("pong", STRANGE),
    *messages("invalid_room_id", {"join lone surrogate": '{"type":"join_room","roomId":"\\ud800"}'}),
    *messages("unknown_type", {"type of a lone surrogate": '{"type":"ping\\ud800"}'}),
    *(
        BadMessage(f"binary: {name}", content, "invalid_json", BINARY)
        for name, content in {
            "no UTF-8": b'{"type":"ping","s":"\xff"}',
            "surrogate": b'{"type":"ping","s":"\xed\xa0\x80"}',
            "overlong": b'{"type":"ping","s":"\xc0\xaf"}',
            "cut character": b'{"type":"ping"}\xc3',
            "UTF-16": '{"type":"ping"}'.encode("utf-16-le"),
            "zeros": bytes(100),
            "MessagePack": b"\x81\xa4type\xa4ping",
            "PNG": b"\x89PNG\r\n\x1a\n" + bytes(50),
        }.items()
    ),
]
