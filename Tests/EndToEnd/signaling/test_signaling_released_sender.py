"""Back-pressure ends with its reason: a sender is held for the peer of its room, and for nobody else."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest

from support import frames
from support.metrics import FOLD_LIMIT, metric
from support.pump import Pump
from support.switchboard import Server
from support.waiting import eventually
from support.wsclient import RawWebSocket, new_room, raw_pair

StartServer = Callable[..., Server]
RELEASE_LIMIT = 3.0
"""Seconds for a released sender to get rid of what the kernel holds of it, on a busy machine too."""


@pytest.fixture
def server(start_server: StartServer) -> Server:
    """No timeout of this server comes to the rescue of a sender that was forgotten."""
    return start_server(WRITE_TIMEOUT=300, MESSAGE_RATE=100000, MESSAGE_BURST=100000)


def join(room: str) -> bytes:
    return frames.text(json.dumps({"type": "join_room", "roomId": room}))


def read_everything(socket: RawWebSocket) -> None:
    """Takes what comes until the end of the connection."""
    while socket.connection.receive(60):
        pass


@pytest.mark.parametrize(
    "departure",
    [frames.text('{"type":"leave_room"}'), join("released-elsewhere")],
    ids=["leaves", "joins another room"],
)
def test_a_sender_is_released_when_its_slow_peer_goes_away(server: Server, departure: bytes) -> None:
    """The peer is still connected and still reads nothing."""
    sender, slow = raw_pair(server, receive_buffer=4096)
    with sender, slow:
        pump = Pump(sender.connection.socket)
        pump.run_until_held()
        slow.send(departure)
        pump.run_until_ponged(RELEASE_LIMIT)
        assert pump.messages[0]["type"] == "peer_left", pump.messages[0]
        assert {message.get("code") for message in pump.messages[1:-1]} <= {"peer_absent"}


def test_each_of_two_senders_that_one_slow_peer_held_is_released(server: Server) -> None:
    before = metric(server, "switchboard_websocket_sessions")
    sender, slow = raw_pair(server, receive_buffer=4096)
    with sender, slow, RawWebSocket(server) as second:
        room = new_room()
        second.join(room)
        first_pump, second_pump = Pump(sender.connection.socket), Pump(second.connection.socket)
        first_pump.run_until_held()
        slow.send(join(room))
        second_pump.run(lambda: bool(second_pump.messages), limit=5)
        assert second_pump.messages[0]["type"] == "room_ready"
        second_pump.run_until_held()

        reading = threading.Thread(target=read_everything, args=(slow,), daemon=True)
        reading.start()
        for pump in (first_pump, second_pump):
            pump.run_until_ponged(limit=10)
        assert first_pump.messages[0]["type"] == "peer_left"
        sender.connection.close()
        eventually(
            lambda: metric(server, "switchboard_websocket_sessions") == before + 2,
            FOLD_LIMIT,
            "the session of the first sender has ended",
        )
        slow.connection.half_close()
        reading.join(10)
        assert not reading.is_alive()
    eventually(
        lambda: metric(server, "switchboard_websocket_sessions") == before,
        FOLD_LIMIT,
        "every session has ended",
    )
