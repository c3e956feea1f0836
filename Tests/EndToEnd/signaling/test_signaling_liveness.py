"""Dead connections: pings to silent ones, and probes so that a ghost keeps nobody out of a room."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from support import frames
from support.switchboard import Server
from support.wsclient import JSON, Client, RawWebSocket, new_room, pair, pump_all


def join_as_ghost(server: Server, room: str) -> RawWebSocket:
    """A member whose phone has changed networks: its connection stays open and answers nothing any more."""
    ghost = RawWebSocket(server)
    ghost.join(room)
    return ghost


def has_ended(ghost: RawWebSocket) -> bool:
    """Reads what the server has sent to the ghost, up to the end of the stream."""
    while (received := ghost.next_frame()) is not None:
        if received.opcode == frames.CLOSE:
            break
    return True


# Ghosts


def test_a_ghost_makes_room_for_who_joins_after_two_seconds(shared_server: Server) -> None:
    room = new_room()
    with Client(shared_server) as member, Client(shared_server) as joiner:
        member.join(room)
        with join_as_ghost(shared_server, room) as ghost:
            member.next("room_ready")
            started = time.monotonic()
            joiner.send("join_room", roomId=room)
            pump_all([member, joiner], lambda: joiner.has_message, limit=10)
            assert 1.5 < time.monotonic() - started < 5
            welcome = joiner.next("room_joined")
            assert (welcome["userCount"], welcome["isInitiator"]) == (2, False)
            joiner.next("room_ready")
            member.next("peer_disconnected")
            assert member.next("room_ready")["isInitiator"] is True
            member.send("webrtc_offer", sdp="together")
            assert joiner.next("webrtc_offer")["from"] == member.id
            assert has_ended(ghost)


def test_a_joiner_gets_in_when_both_members_are_ghosts(start_server: Callable[..., Server]) -> None:
    server = start_server(PROBE_TIMEOUT=0.5)
    room = new_room()
    with join_as_ghost(server, room), join_as_ghost(server, room), Client(server) as joiner:
        joiner.join(room)
        joiner.assert_nothing_came() if not joiner.has_message else joiner.next("room_ready")


def test_a_full_room_of_live_members_stays_full(shared_server: Server) -> None:
    room = new_room()
    first, second = pair(shared_server, room)
    with first, second, Client(shared_server) as third:
        started = time.monotonic()
        third.send("join_room", roomId=room)
        pump_all([first, second, third], lambda: third.has_message)
        assert third.next("room_full")["roomId"] == room
        assert time.monotonic() - started < 2, "both answered, so there was nothing to wait for"
        assert max(first.pings_received, second.pings_received) <= 1
        for client in (first, second, third):
            client.assert_nothing_came()


def test_a_room_is_probed_at_most_once_per_interval(start_server: Callable[..., Server]) -> None:
    server = start_server(PROBE_INTERVAL=60)
    room = new_room()
    first, second = pair(server, room)
    with first, second:
        for _ in range(5):
            with Client(server) as joiner:
                for _ in range(3):
                    joiner.send("join_room", roomId=room)
                    pump_all([first, second, joiner], lambda joiner=joiner: joiner.has_message)  # type: ignore[misc]
                    joiner.next("room_full")
        for member in (first, second):
            member.assert_nothing_came()
            assert member.pings_received <= 1


def test_a_member_that_freezes_after_a_probe_is_found_by_a_later_one(
    start_server: Callable[..., Server],
) -> None:
    server = start_server(PROBE_INTERVAL=0.5, PROBE_TIMEOUT=0.5, JOINS_PER_MINUTE=1000)
    room = new_room()
    first, second = pair(server, room)
    with first, second, Client(server) as joiner:
        joiner.send("join_room", roomId=room)
        pump_all([first, second, joiner], lambda: joiner.has_message)
        joiner.next("room_full")
        # From here on `second` answers nothing. The joiner tries again, as clients in the wild do.
        deadline = time.monotonic() + 10
        answer: JSON = {"type": "room_full"}
        while answer["type"] == "room_full" and time.monotonic() < deadline:
            joiner.send("join_room", roomId=room)
            pump_all([first, joiner], lambda: joiner.has_message)
            answer = joiner.next()
            time.sleep(0.05)
        assert answer["type"] == "room_joined"


def test_two_joiners_share_one_probe_and_one_gets_in(start_server: Callable[..., Server]) -> None:
    server = start_server(PROBE_TIMEOUT=0.5)
    room = new_room()
    with Client(server) as member, Client(server) as one, Client(server) as other:
        member.join(room)
        with join_as_ghost(server, room):
            member.next("room_ready")
            for joiner in (one, other):
                joiner.send("join_room", roomId=room)
            pump_all([member, one, other], lambda: one.has_message and other.has_message)
            answers = sorted(str(joiner.next()["type"]) for joiner in (one, other))
            assert answers == ["room_full", "room_joined"]


def test_a_joiner_that_gives_up_during_the_probe_leaves_nothing_behind(
    start_server: Callable[..., Server],
) -> None:
    server = start_server(PROBE_TIMEOUT=0.5, PROBE_INTERVAL=0.5)
    room = new_room()
    with Client(server) as member, join_as_ghost(server, room) as ghost:
        member.join(room)
        member.next("room_ready")
        hasty = Client(server)
        hasty.send("join_room", roomId=room)
        hasty.assert_nothing_came()  # Its join has been read.
        hasty.drop()
        with Client(server) as joiner:
            joiner.send("join_room", roomId=room)
            pump_all([member, joiner], lambda: joiner.has_message)
            assert joiner.next("room_joined")["userCount"] == 2
            member.next("peer_disconnected")
            member.next("room_ready")
            assert has_ended(ghost)


def test_a_joiner_can_leave_while_it_waits(start_server: Callable[..., Server]) -> None:
    """`leave_room` behind a join that is waiting for a probe must not end with the joiner in the room."""
    server = start_server(PROBE_TIMEOUT=0.5)
    room = new_room()
    with Client(server) as member, join_as_ghost(server, room), Client(server) as joiner:
        member.join(room)
        member.next("room_ready")
        joiner.send("join_room", roomId=room)
        joiner.send("leave_room")
        while joiner.next()["type"] != "left_room":
            pass
        with Client(server) as later:
            later.send("join_room", roomId=room)
            pump_all([member, joiner, later], lambda: later.has_message)
            assert later.next("room_joined")["userCount"] == 2
            joiner.send("webrtc_offer", sdp="x")
            joiner.next_error("not_in_room")


# Pings


@pytest.fixture(scope="module")
def pinging_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("pinging"), PING_INTERVAL=0.5, PING_TIMEOUT=0.5).start()
    yield server
    assert server.stop() == 0, server.log_text()


def test_a_silent_connection_is_dropped_and_its_peer_told(pinging_server: Server) -> None:
    room = new_room()
    with Client(pinging_server) as member:
        member.join(room)
        with join_as_ghost(pinging_server, room) as ghost:
            member.next("room_ready")
            assert set(member.next("peer_disconnected", limit=5)) == {"type", "message"}
            assert member.join(room)["userCount"] == 1
            first = ghost.next_frame()
            while first is not None and first.opcode == frames.TEXT:
                first = ghost.next_frame()
            assert first is not None and first.opcode == frames.PING, "it was not asked before it was dropped"
            assert has_ended(ghost)


def test_a_connection_that_answers_pings_stays(pinging_server: Server) -> None:
    room = new_room()
    first, second = pair(pinging_server, room)
    with first, second:
        pump_all([first, second], lambda: min(first.pings_received, second.pings_received) >= 4, limit=20)
        first.send("webrtc_offer", sdp="still here")
        assert second.next("webrtc_offer")["sdp"] == "still here"


def test_a_connection_without_a_room_stays_as_well(pinging_server: Server) -> None:
    with Client(pinging_server) as client:
        client.wait(lambda: client.pings_received >= 3, limit=20)
        client.assert_nothing_came()


@pytest.mark.parametrize("kind", ["messages", "pings", "unsolicited pongs"])
def test_any_frame_shows_that_a_connection_lives(pinging_server: Server, kind: str) -> None:
    """It never answers a ping of the server with its payload, but it is not silent."""
    wire = {
        "messages": frames.text('{"type":"ping"}'),
        "pings": frames.frame(frames.PING, b"mine"),
        "unsolicited pongs": frames.frame(frames.PONG),
    }[kind]
    with RawWebSocket(pinging_server) as socket:
        end = time.monotonic() + 3
        while time.monotonic() < end:
            socket.send(wire)
            time.sleep(0.05)
        socket.send(frames.text('{"type":"leave_room"}'))
        received = socket.next_frame()
        while received is not None and b"left_room" not in received.payload:
            assert received.opcode != frames.CLOSE, received
            received = socket.next_frame()
        assert received is not None, "a connection that sends was taken for dead"
