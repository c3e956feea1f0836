"""Room ids: 1 to 128 characters, compared as the JSON strings that they are."""

from __future__ import annotations

import json

import pytest

from support.switchboard import Server
from support.wsclient import Client, new_room, pair, room_joined


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('"room1"', r'"room\u0031"'),
        ('"a/b"', r'"a\/b"'),
        ('"é"', r'"\u00e9"'),
        ('"é"', r'"\u00E9"'),
        ('"😀"', r'"\ud83d\ude00"'),
        (r'"tab\t"', r'"tab\u0009"'),
        (r'"q\""', r'"q\u0022"'),
    ],
)
def test_an_escaped_room_id_names_the_same_room(shared_server: Server, one: str, other: str) -> None:
    suffix = new_room() + '"'
    with Client(shared_server) as first, Client(shared_server) as second:
        first.send_text('{"type":"join_room","roomId":' + one[:-1] + suffix + "}")
        assert first.next("room_joined")["roomId"] == json.loads(one[:-1] + suffix)
        second.send_text('{"type":"join_room","roomId":' + other[:-1] + suffix + "}")
        assert second.next("room_joined") == room_joined(json.loads(one[:-1] + suffix), 2, False)
        second.next("room_ready")
        second.send("webrtc_offer", sdp="x")
        first.next("room_ready")
        assert first.next("webrtc_offer")["roomId"] == json.loads(one[:-1] + suffix)
        second.send("leave_room")
        assert second.next("left_room")["roomId"] == json.loads(one[:-1] + suffix)


def test_rooms_whose_names_only_look_alike_are_different(shared_server: Server) -> None:
    base = new_room()
    names = [
        base,
        base + " ",
        " " + base,
        base.upper(),
        base + "\u0301",
        base + "\u200b",
        base + "é",
        base + "e\u0301",
    ]
    clients = [Client(shared_server) for _ in names]
    for client, name in zip(clients, names, strict=True):
        assert client.join(name) == room_joined(name, 1, True)
    for client in clients:
        client.drop()


@pytest.mark.parametrize(
    "room",
    [
        "x",
        "0",
        "x" * 128,
        "é" * 128,
        "漢" * 128,
        "😀" * 128,
        "a b",
        "../../etc",
        "null",
        '"',
        "\\",
        "${x}",
        "<script>",
    ],
    ids=lambda room: f"{room[:4]} x{len(room)}",
)
def test_a_room_id_of_1_to_128_characters_is_fine(shared_server: Server, room: str) -> None:
    with Client(shared_server) as client:
        assert client.join(room) == room_joined(room, 1, True)


@pytest.mark.parametrize(
    "literal",
    [
        '""',
        '"' + "x" * 129 + '"',
        '"' + "😀" * 129 + '"',
        '"' + "x" * 10000 + '"',
        '"' + r"\u0078" * 129 + '"',
    ]
    + ["1", "0", "null", "true", "false", "[]", '["room"]', "{}", '{"id":"room"}', "1.5"],
    ids=lambda literal: f"{literal[:12]} x{len(literal)}",
)
def test_any_other_room_id_is_an_error(shared_server: Server, literal: str) -> None:
    room = new_room()
    first, second = pair(shared_server, room)
    with first, second:
        first.send_text('{"type":"join_room","roomId":' + literal + "}")
        first.next_error("invalid_room_id")
        first.send("webrtc_offer", sdp="still in the room")
        assert second.next("webrtc_offer")["roomId"] == room


def test_a_join_without_a_room_id_is_an_error(shared_server: Server) -> None:
    with Client(shared_server) as client:
        client.send("join_room")
        client.next_error("invalid_room_id")
        client.assert_nothing_came()


def test_128_escaped_characters_are_128_characters(shared_server: Server) -> None:
    with Client(shared_server) as client:
        client.send_text('{"type":"join_room","roomId":"' + r"\ud83d\ude00" * 128 + '"}')
        assert client.next("room_joined")["roomId"] == "😀" * 128


@pytest.mark.parametrize(
    "text",
    [
        r'{"\u0074ype":"join_room","roomId":"ROOM"}',
        r'{"type":"join\u005froom","room\u0049d":"ROOM"}',
        '\t{\r\n"roomId" : "ROOM" ,\n "type"\t: "join_room" } \n',
        '{"roomId":"ROOM","x":{"type":"leave_room","roomId":"inner"},"type":"join_room"}',
        '{"type":"ping","roomId":"wrong","type":"join_room","roomId":"ROOM"}',
        '{"type":1,"roomId":null,"type":"join_room","roomId":"ROOM"}',
        '{"type":"join_room","roomId":"ROOM","list":[1,-0,1e5,1E-5,1.25e+10,"",[],{},null,true,false]}',
        '{"type":"join_room","roomId":"ROOM","":"","é":"\\ud83d\\ude00"}',
    ],
)
def test_json_means_what_it_means_however_it_is_written(shared_server: Server, text: str) -> None:
    """Escaped keys are the same keys, of duplicate members the last one counts, unknown ones are ignored."""
    room = new_room()
    with Client(shared_server) as client:
        client.send_text(text.replace("ROOM", room))
        assert client.next() == room_joined(room, 1, True)
        client.assert_nothing_came()
