"""Back-pressure: a peer that reads slowly slows its sender and nobody else; one that stalls is closed."""

from __future__ import annotations

import os
import pathlib
import selectors
import threading
import time
from collections.abc import Callable

import pytest

from support import frames
from support.goodpair import GoodPair
from support.pump import SDP_OCTETS, Pump, offer
from support.switchboard import Server
from support.wsclient import Client, RawWebSocket, pair, raw_pair

MAX_GROWTH = 64 << 20
"""Octets of memory that one connection may never cost, whatever it does."""


def resident_bytes(pid: int) -> int:
    """What the process holds in memory (proc(5), statm, second field, in pages)."""
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def stalled_room(server: Server) -> tuple[RawWebSocket, RawWebSocket]:
    """A sender, and a peer with a small receive buffer that reads nothing from now on."""
    return raw_pair(server, receive_buffer=4096)


def test_8_mb_at_once_reach_a_healthy_peer_complete_and_in_order(shared_server: Server) -> None:
    """With the default limits: 170 descriptions of 47 KiB fit into the burst of 500 messages."""
    first, second = pair(shared_server)
    with first, second:
        wire = b"".join(offer(number) for number in range(170))
        sending = threading.Thread(target=first.connection.send, args=(wire,), kwargs={"limit": 30.0})
        sending.start()
        for number in range(170):
            sdp = str(second.next("webrtc_offer", limit=30)["sdp"])
            assert len(sdp) == SDP_OCTETS and sdp.startswith(f"{number}:")
        sending.join(30)
        for client in (first, second):
            client.assert_nothing_came()


def test_a_slow_peer_slows_its_sender_and_loses_nothing(shared_server: Server) -> None:
    count = 400
    sender, slow = stalled_room(shared_server)
    with sender, slow:
        pump = Pump(sender.connection.socket)
        pump.enqueue(b"".join(offer(number) for number in range(count)))
        pump.run(lambda: pump.blocked_for > 0.3, limit=10)
        assert pump.unsent > 0, "19 MB went somewhere although nobody read them"
        finishing = threading.Thread(target=pump.run, args=(lambda: pump.unsent == 0, 30.0))
        finishing.start()
        for number in range(count):
            sdp = str(slow.next_message("webrtc_offer")["sdp"])
            assert len(sdp) == SDP_OCTETS and sdp.startswith(f"{number}:")
        finishing.join(30)
        assert not finishing.is_alive() and pump.messages == []
        slow.expect_alive()


def test_a_stalled_peer_is_closed_and_nobody_else_notices(start_server: Callable[..., Server]) -> None:
    server = start_server(WRITE_TIMEOUT=2, MESSAGE_RATE=100000, MESSAGE_BURST=100000)
    others = [GoodPair(server) for _ in range(4)]
    sender, stalled = stalled_room(server)
    with sender, stalled:
        started = time.monotonic()
        pump = Pump(sender.connection.socket)
        pump.run(lambda: bool(pump.messages), limit=15, refill=lambda: offer(0))
        elapsed = time.monotonic() - started
        assert (
            set(pump.messages[0]) == {"type", "message"} and pump.messages[0]["type"] == "peer_disconnected"
        )
        assert 1.5 < elapsed < 8, "it was not the write timeout of 2 s that ended it"
        assert pump.sent < 40_000_000, "the server bought time with its memory"
        assert max(pump.longest_block, pump.blocked_for) > 0.5, "the sender was never slowed"
        pump.run_until_ponged(limit=10)
        assert {message.get("code") for message in pump.messages[1:-1]} <= {"peer_absent"}
        stalled.connection.receive_to_end()
    for other in others:
        other.finish()
        assert other.slowest < 1, "a stalled peer held up another room"


def test_a_peer_that_vanishes_releases_its_sender(start_server: Callable[..., Server]) -> None:
    server = start_server(WRITE_TIMEOUT=60, MESSAGE_RATE=100000, MESSAGE_BURST=100000)
    sender, stalled = stalled_room(server)
    with sender:
        pump = Pump(sender.connection.socket)
        pump.run_until_held()
        stalled.connection.reset()
        pump.run(lambda: bool(pump.messages), limit=5, refill=lambda: offer(0))
        assert pump.messages[0]["type"] == "peer_disconnected"
        pump.run_until_ponged(limit=10)


@pytest.mark.parametrize("way", ["reset", "end of stream"])
def test_a_sender_that_vanishes_while_it_is_slowed_is_told_to_its_peer(
    start_server: Callable[..., Server], way: str
) -> None:
    """What the kernel still holds of the sender must not be poured over a peer that is merely slow."""
    server = start_server(MESSAGE_RATE=100000, MESSAGE_BURST=100000, MAX_OUTBOX_BYTES=300000)
    sender, slow = stalled_room(server)
    with sender, slow:
        pump = Pump(sender.connection.socket)
        pump.run_until_held()
        sender.connection.reset() if way == "reset" else sender.connection.half_close()
        message = slow.next_message()
        while message["type"] == "webrtc_offer":
            message = slow.next_message()
        assert message["type"] == "peer_disconnected"
        slow.expect_alive()


def test_a_peer_that_never_catches_up_stays_while_it_reads(start_server: Callable[..., Server]) -> None:
    """The write timeout is for a peer that takes nothing, not for one that is always behind."""
    server = start_server(WRITE_TIMEOUT=2, MESSAGE_RATE=100000, MESSAGE_BURST=100000)
    sender, slow = raw_pair(server)
    with sender, slow:
        pump = Pump(sender.connection.socket)
        end = time.monotonic() + 5
        sending = threading.Thread(
            target=pump.run, args=(lambda: time.monotonic() > end, 10.0, lambda: offer(0)), daemon=True
        )
        sending.start()
        while time.monotonic() < end:
            data = slow.connection.socket.recv(65536)
            assert data, "closed although it went on reading"
            time.sleep(0.02)  # Some 3 MB a second, which the sender outruns.
        sending.join()
        assert pump.messages == [] and pump.longest_block > 0.05


def test_a_client_that_floods_pings_and_reads_nothing_does_not_grow_the_server(
    start_server: Callable[..., Server],
) -> None:
    """Answers to a client that does not read them are bounded by the same outbox."""
    server = start_server(WRITE_TIMEOUT=2, MESSAGE_RATE=1000000, MESSAGE_BURST=1000000)
    other = GoodPair(server)
    before = resident_bytes(server.pid)
    ping = frames.frame(frames.PING, bytes(125)) * 1000
    with RawWebSocket(server, receive_buffer=4096) as flooder:
        flooder.connection.socket.setblocking(False)
        deadline = time.monotonic() + 15
        is_open = True
        with selectors.DefaultSelector() as selector:
            selector.register(flooder.connection.socket, selectors.EVENT_WRITE)
            while is_open:
                assert time.monotonic() < deadline, "still open although nobody reads the answers"
                assert resident_bytes(server.pid) - before < MAX_GROWTH
                for _ in selector.select(0.05):
                    try:
                        flooder.connection.socket.send(ping)
                    except (BrokenPipeError, ConnectionResetError):
                        is_open = False
    other.finish()
    assert other.slowest < 1


def test_a_client_is_not_held_up_by_its_own_answers(shared_server: Server) -> None:
    """A client that writes a burst first and reads afterwards gets every answer."""
    with Client(shared_server) as client:
        client.connection.send(frames.text('{"type":"ping"}') * 400)
        for _ in range(400):
            assert client.next() == {"type": "pong"}
