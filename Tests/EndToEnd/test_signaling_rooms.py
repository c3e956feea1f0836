"""Rooms: who gets in, who is the initiator, who is told what (section 3 of the protocol)."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable

import pytest

from switchboard import Server
from wsclient import JSON, Client, new_room, pair


def joined(room: str, count: int, initiator: bool) -> JSON:
    return {
        "type": "room_joined",
        "roomId": room,
        "userCount": count,
        "isInitiator": initiator,
        "ready": count == 2,
    }


def assert_ready(message: JSON, room: str, initiator: bool) -> None:
    assert set(message) == {"type", "roomId", "message", "userCount", "isInitiator"}
    assert isinstance(message["message"], str) and message["message"]
    assert (message["roomId"], message["userCount"], message["isInitiator"]) == (room, 2, initiator)


def assert_told(message: JSON) -> None:
    """`peer_left` and `peer_disconnected` carry one sentence and nothing else."""
    assert set(message) == {"type", "message"} and isinstance(message["message"], str) and message["message"]


def test_the_first_is_the_initiator_and_both_are_told_when_ready(shared_server: Server) -> None:
    room = new_room()
    with Client(shared_server) as first, Client(shared_server) as second:
        assert first.join(room) == joined(room, 1, True)
        first.assert_nothing_came()
        assert second.join(room) == joined(room, 2, False)
        assert_ready(second.next("room_ready"), room, False)
        assert_ready(first.next("room_ready"), room, True)
        for client in (first, second):
            client.assert_nothing_came()


def test_room_ready_always_comes_after_room_joined(shared_server: Server) -> None:
    """Both join at once, many times: each sees its own room_joined first, exactly one is the initiator."""
    for _ in range(100):
        room = new_room()
        with Client(shared_server) as one, Client(shared_server) as other:
            one.send("join_room", roomId=room)
            other.send("join_room", roomId=room)
            initiators = [client.next("room_joined")["isInitiator"] for client in (one, other)]
            assert sorted(map(bool, initiators)) == [False, True]
            assert [client.next("room_ready")["isInitiator"] for client in (one, other)] == initiators


def test_joining_the_room_one_is_in_tells_nobody_else(shared_server: Server) -> None:
    room = new_room()
    first, second = pair(shared_server, room)
    with first, second:
        assert first.join(room) == joined(room, 2, True)
        assert second.join(room) == joined(room, 2, False)
        for client in (first, second):
            client.assert_nothing_came()
        first.send("webrtc_offer", sdp="still together")
        assert second.next("webrtc_offer")["sdp"] == "still together"


def test_joining_again_while_alone_answers_again(shared_server: Server) -> None:
    room = new_room()
    with Client(shared_server) as client:
        for _ in range(3):
            assert client.join(room) == joined(room, 1, True)
        client.assert_nothing_came()


def test_leaving_is_answered_and_told(shared_server: Server) -> None:
    room = new_room()
    first, second = pair(shared_server, room)
    with first, second:
        first.send("leave_room")
        assert first.next() == {"type": "left_room", "roomId": room}
        assert_told(second.next("peer_left"))
        first.send("webrtc_offer", sdp="x")
        first.next_error("not_in_room")
        second.send("webrtc_offer", sdp="x")
        second.next_error("peer_absent")


def test_leaving_without_a_room_is_answered_with_null(shared_server: Server) -> None:
    with Client(shared_server) as client:
        client.send("leave_room")
        assert client.next() == {"type": "left_room", "roomId": None}
        client.join(new_room())
        client.send("leave_room")
        client.next("left_room")
        client.send("leave_room")
        assert client.next() == {"type": "left_room", "roomId": None}


def test_a_room_can_be_left_and_joined_again_at_once(shared_server: Server) -> None:
    room = new_room()
    first, second = pair(shared_server, room)
    with first, second:
        for _ in range(5):
            first.send("leave_room")
            first.send("join_room", roomId=room)
            assert first.next() == {"type": "left_room", "roomId": room}
            assert first.next() == joined(room, 2, False)
            assert_ready(first.next("room_ready"), room, False)
            assert_told(second.next("peer_left"))
            assert_ready(second.next("room_ready"), room, True)
            first, second = second, first


def test_who_is_left_becomes_the_initiator(shared_server: Server) -> None:
    room = new_room()
    first, second = pair(shared_server, room)
    with first, second, Client(shared_server) as third:
        first.send("leave_room")
        second.next("peer_left")
        assert third.join(room) == joined(room, 2, False)
        assert_ready(third.next("room_ready"), room, False)
        assert_ready(second.next("room_ready"), room, True)
        first.next("left_room")
        first.assert_nothing_came()


def test_who_is_left_by_a_lost_connection_becomes_the_initiator(shared_server: Server) -> None:
    room = new_room()
    first, second = pair(shared_server, room)
    with second, Client(shared_server) as third:
        first.drop()
        assert_told(second.next("peer_disconnected"))
        assert second.join(room) == joined(room, 1, True)
        third.join(room)
        assert_ready(second.next("room_ready"), room, True)


def test_moving_to_another_room_leaves_the_old_one(shared_server: Server) -> None:
    old, new = new_room(), new_room()
    first, second = pair(shared_server, old)
    with first, second:
        assert first.join(new) == joined(new, 1, True)
        assert_told(second.next("peer_left"))
        first.assert_nothing_came()
        second.send("webrtc_offer", sdp="x")
        second.next_error("peer_absent")
        second.join(new)
        assert_ready(second.next("room_ready"), new, False)
        assert_ready(first.next("room_ready"), new, True)


def test_a_third_is_refused_and_keeps_its_room(shared_server: Server) -> None:
    full, own = new_room(), new_room()
    first, second = pair(shared_server, full)
    third, partner = pair(shared_server, own)
    with first, second, third, partner:
        third.send("join_room", roomId=full)
        for client in (first, second):
            client.assert_nothing_came()  # Answers the server's probe on the way.
        refusal = third.next("room_full")
        assert set(refusal) == {"type", "error", "roomId"} and refusal["roomId"] == full
        assert isinstance(refusal["error"], str) and refusal["error"]
        third.send("webrtc_offer", sdp="still here")
        assert partner.next("webrtc_offer")["sdp"] == "still here"
        first.send("webrtc_offer", sdp="undisturbed")
        assert second.next("webrtc_offer")["sdp"] == "undisturbed"
        for client in (first, third):
            client.assert_nothing_came()


def test_a_device_id_is_accepted_and_never_returned(shared_server: Server) -> None:
    room, secret = new_room(), "3F2504E0-4F89-11D3-9A0C-0305E82C3301"
    with Client(shared_server) as first, Client(shared_server) as second:
        heard = []
        for client in (first, second):
            client.join(room, deviceId=secret, platform="ios")
            heard.append(client.raw)
        for client in (first, second):
            client.next("room_ready")
            heard.append(client.raw)
        first.send("webrtc_offer", sdp="x", deviceId=secret)
        second.next("webrtc_offer")
        heard.append(second.raw)
        assert not any(secret in text for text in heard)
    assert secret not in shared_server.log_text()


# Names of rooms


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
        assert second.next("room_joined") == joined(json.loads(one[:-1] + suffix), 2, False)
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
        assert client.join(name) == joined(name, 1, True)
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
        assert client.join(room) == joined(room, 1, True)


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
        error = first.next("error")
        assert error["code"] == "invalid_room_id" or (
            literal[0] != '"' and error["code"] == "invalid_message"
        ), error
        first.send("webrtc_offer", sdp="still in the room")
        assert second.next("webrtc_offer")["roomId"] == room


def test_a_join_without_a_room_id_is_an_error(shared_server: Server) -> None:
    with Client(shared_server) as client:
        client.send("join_room")
        assert client.next("error")["code"] in ("invalid_room_id", "invalid_message")
        client.assert_nothing_came()


def test_128_escaped_characters_are_128_characters(shared_server: Server) -> None:
    with Client(shared_server) as client:
        client.send_text('{"type":"join_room","roomId":"' + r"\ud83d\ude00" * 128 + '"}')
        assert client.next("room_joined")["roomId"] == "😀" * 128


# JSON as clients may write it


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
        assert client.next() == joined(room, 1, True)
        client.assert_nothing_came()


# Room policy


def paired_room(server: Server, code: str) -> str:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    connection.request(
        "POST", "/api/rooms", json.dumps({"joinid": code, "client1": "one", "expiresInSeconds": 60})
    )
    created = connection.getresponse()
    assert created.status == 201, created.read()
    created.read()
    connection.request("POST", "/api/rooms/accept", json.dumps({"joinid": code, "client2": "two"}))
    accepted = json.loads(connection.getresponse().read())
    connection.close()
    return str(accepted["roomid"])


def test_the_paired_policy_lets_only_paired_rooms_be_joined(start_server: Callable[..., Server]) -> None:
    server = start_server(ROOM_POLICY="paired", USE_SQLITE=1)
    room = paired_room(server, "123456")
    with Client(server) as first, Client(server) as second:
        assert first.join(room) == joined(room, 1, True)
        second.send("join_room", roomId=new_room())
        second.next_error("invalid_room_id")
        second.send("join_room", roomId=room.upper())
        second.next_error("invalid_room_id")
        assert second.join(room) == joined(room, 2, False)
        first.next("room_ready")
        first.send("join_room", roomId="made-up")
        first.next_error("invalid_room_id")
        second.next("room_ready")
        second.send("webrtc_offer", sdp="x")
        assert first.next("webrtc_offer")["roomId"] == room


def test_the_open_policy_lets_any_room_be_joined(shared_server: Server) -> None:
    with Client(shared_server) as client:
        assert client.join("any-room-" + new_room())["userCount"] == 1


def test_a_message_right_behind_a_join_finds_the_room_joined(start_server: Callable[..., Server]) -> None:
    """The paired policy looks into the database; what the client sent meanwhile must wait for the answer."""
    server = start_server(ROOM_POLICY="paired", USE_SQLITE=1)
    room = paired_room(server, "654321")
    with Client(server) as first, Client(server) as second:
        first.join(room)
        second.send("join_room", roomId=room)
        second.send("webrtc_offer", sdp="at once")
        second.next("room_joined")
        second.next("room_ready")
        first.next("room_ready")
        assert first.next("webrtc_offer")["sdp"] == "at once"
