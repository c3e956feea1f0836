"""Rooms: who gets in, who is the initiator, who is told what (section 3 of the protocol)."""

from __future__ import annotations

from support.switchboard import Server
from support.wsclient import JSON, Client, new_room, pair, pump_all, room_joined


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
        assert first.join(room) == room_joined(room, 1, True)
        first.assert_nothing_came()
        assert second.join(room) == room_joined(room, 2, False)
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
        assert first.join(room) == room_joined(room, 2, True)
        assert second.join(room) == room_joined(room, 2, False)
        for client in (first, second):
            client.assert_nothing_came()
        first.send("webrtc_offer", sdp="still together")
        assert second.next("webrtc_offer")["sdp"] == "still together"


def test_joining_again_while_alone_answers_again(shared_server: Server) -> None:
    room = new_room()
    with Client(shared_server) as client:
        for _ in range(3):
            assert client.join(room) == room_joined(room, 1, True)
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
            assert first.next() == room_joined(room, 2, False)
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
        assert third.join(room) == room_joined(room, 2, False)
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
        assert second.join(room) == room_joined(room, 1, True)
        third.join(room)
        assert_ready(second.next("room_ready"), room, True)


def test_moving_to_another_room_leaves_the_old_one(shared_server: Server) -> None:
    old, new = new_room(), new_room()
    first, second = pair(shared_server, old)
    with first, second:
        assert first.join(new) == room_joined(new, 1, True)
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
        # Those that sit there answer the server's probe, whenever it comes.
        pump_all([first, second, third], lambda: third.has_message)
        refusal = third.next("room_full")
        assert set(refusal) == {"type", "error", "roomId"} and refusal["roomId"] == full
        assert isinstance(refusal["error"], str) and refusal["error"]
        third.send("webrtc_offer", sdp="still here")
        assert partner.next("webrtc_offer")["sdp"] == "still here"
        first.send("webrtc_offer", sdp="undisturbed")
        assert second.next("webrtc_offer")["sdp"] == "undisturbed"
        for client in (first, second, third):
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
