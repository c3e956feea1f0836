"""ROOM_POLICY: whether any room id may be joined, or only those that pairing has made."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable

from support import frames
from support.switchboard import Server
from support.wsclient import Client, new_room, room_joined


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
        assert first.join(room) == room_joined(room, 1, True)
        second.send("join_room", roomId=new_room())
        second.next_error("invalid_room_id")
        second.send("join_room", roomId=room.upper())
        second.next_error("invalid_room_id")
        assert second.join(room) == room_joined(room, 2, False)
        first.next("room_ready")
        first.send("join_room", roomId="made-up")
        first.next_error("invalid_room_id")
        second.next("room_ready")
        second.send("webrtc_offer", sdp="x")
        assert first.next("webrtc_offer")["roomId"] == room


def test_the_open_policy_lets_any_room_be_joined(shared_server: Server) -> None:
    with Client(shared_server) as client:
        assert client.join("any-room-" + new_room())["userCount"] == 1


def test_a_message_right_behind_a_join_finds_the_room_joined(
    start_server: Callable[..., Server],
) -> None:
    """The paired policy looks into the database; what the client sent meanwhile must wait for the answer."""
    server = start_server(ROOM_POLICY="paired", USE_SQLITE=1)
    room = paired_room(server, "654321")
    with Client(server) as first, Client(server) as second:
        first.join(room)
        join = frames.text(json.dumps({"type": "join_room", "roomId": room}))
        second.connection.send(join + frames.text('{"type":"webrtc_offer","sdp":"at once"}'))
        second.next("room_joined")
        second.next("room_ready")
        first.next("room_ready")
        assert first.next("webrtc_offer")["sdp"] == "at once"
