"""What waits in memory for all clients together has a bound: beyond it the slowest are closed, and nobody else."""

from __future__ import annotations

import selectors
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from unittest.mock import ANY

from support import frames
from support.goodpair import GoodPair
from support.metrics import metric
from support.processes import resident
from support.pump import offer
from support.relay import Relay
from support.stun import Endpoint
from support.switchboard import Server
from support.tcp import Connection, read_response
from support.transports import Peer, Stream
from support.turnclient import Client
from support.waiting import eventually
from support.wsclient import RawWebSocket, parse, raw_pair

BUDGET = 2 << 20
TRY_AGAIN_LATER = 1013
LIMIT = 30.0
FOREVER = {"WRITE_TIMEOUT": 600, "HTTP_REQUEST_TIMEOUT": 600, "MAX_BUFFERED_BYTES": BUDGET}


def closed_for_memory(server: Server) -> float:
    return metric(server, "switchboard_websocket_sessions_ended_total", reason="memory")


def assert_kept(server: Server) -> None:
    """What waits is within the budget, as the server says once a second."""
    eventually(
        lambda: 0 < metric(server, "switchboard_buffered_bytes") <= BUDGET,
        LIMIT,
        "something waits in memory, and no more than may",
    )


@contextmanager
def undisturbed(server: Server) -> Iterator[None]:
    """Meanwhile two clients exchange messages, and none is late."""
    other = GoodPair(server)
    yield
    other.finish()
    assert other.slowest < 5, f"held up for {other.slowest:.1f} s"


@contextmanager
def opened(server: Server) -> Iterator[Connection]:
    connection = Connection(server.host, server.port)
    yield connection
    connection.close()


def last_close(slow: RawWebSocket) -> int | None:
    """The code of the close frame behind all that waited; None if the server has given it up before."""
    try:
        while (received := slow.next_frame()) is not None:
            if received.opcode == frames.CLOSE:
                return received.close_code
    except AssertionError:  # The stream ended inside a frame.
        pass
    return None


def test_the_slowest_of_many_readers_are_closed_and_nobody_else_notices(
    start_server: Callable[..., Server],
) -> None:
    """Sixty readers, of whom each lets some 190 KB wait: five times what may. Eight of them were there before."""
    server = start_server(**FOREVER)
    with undisturbed(server), ExitStack() as stack, selectors.DefaultSelector() as senders:
        rooms: list[tuple[RawWebSocket, RawWebSocket]] = []

        def stall(count: int) -> None:
            for _ in range(count):
                sender, slow = raw_pair(server, receive_buffer=4096)
                senders.register(sender.connection.socket, selectors.EVENT_READ, len(rooms))
                rooms.append((stack.enter_context(sender), stack.enter_context(slow)))
                sender.send(b"".join(offer(number) for number in range(7)))

        stall(8)
        waiting = "eight wait, and have for more than a second"
        start = time.monotonic()
        eventually(lambda: metric(server, "switchboard_buffered_bytes") > 8 * 100_000, LIMIT, waiting)
        eventually(lambda: time.monotonic() - start > 1.5, LIMIT, waiting)
        assert closed_for_memory(server) == 0
        stall(52)
        codes: dict[int, int | None] = {}
        closed_senders: set[int] = set()
        deadline = time.monotonic() + LIMIT
        while len(codes) < 20 or not set(range(8)) <= set(codes):
            assert time.monotonic() < deadline, f"only {sorted(codes)} were closed"
            for key, _ in senders.select(0.1):
                # Read at once: after its close frame the server waits for two seconds.
                senders.unregister(key.fileobj)
                told = rooms[key.data][0].next_frame()
                assert told is not None
                # On a busy machine a sender may be among the slowest, too: its message is read late.
                if told.opcode == frames.CLOSE:
                    assert told.close_code == TRY_AGAIN_LATER
                    closed_senders.add(key.data)
                else:
                    assert parse(told.payload.decode()) == {"type": "peer_disconnected", "message": ANY}
                    codes[key.data] = last_close(rooms[key.data][1])
        assert set(codes.values()) <= {TRY_AGAIN_LATER, None}, codes
        assert list(codes.values()).count(TRY_AGAIN_LATER) >= 3, codes
        assert_kept(server)
        assert not closed_senders & set(range(8)), "their messages had ended"
        # The loops hand over their counters once a second.
        eventually(lambda: closed_for_memory(server) >= 20, LIMIT, "all closes are counted")
        assert closed_for_memory(server) < 100


def test_the_slowest_of_many_senders_are_closed(start_server: Callable[..., Server]) -> None:
    """Forty messages of 128 KiB that do not end: twice what may."""
    server = start_server(**FOREVER)
    with undisturbed(server), ExitStack() as stack:
        sockets = [stack.enter_context(RawWebSocket(server)) for _ in range(40)]
        for socket in sockets:
            socket.send(frames.frame(frames.TEXT, b" " * 110_000, announced=131_072))
        sockets[0].expect_close(TRY_AGAIN_LATER, limit=LIMIT)
        assert_kept(server)
        eventually(lambda: closed_for_memory(server) > 0, LIMIT, "the closes are counted")
        assert closed_for_memory(server) < 40


def test_a_few_slow_ones_within_the_budget_are_left_alone(start_server: Callable[..., Server]) -> None:
    server = start_server(**FOREVER)
    with ExitStack() as stack:
        sockets = [stack.enter_context(RawWebSocket(server)) for _ in range(8)]
        for socket in sockets:
            socket.send(frames.frame(frames.TEXT, b" " * 110_000, announced=131_072))
        eventually(
            lambda: metric(server, "switchboard_buffered_bytes") >= 8 * 110_000, LIMIT, "all of it is counted"
        )
        assert closed_for_memory(server) == 0
        for socket in sockets:
            socket.connection.close()
        eventually(lambda: metric(server, "switchboard_buffered_bytes") == 0, LIMIT, "and forgotten again")


def test_requests_that_do_not_end_are_cut(start_server: Callable[..., Server]) -> None:
    server = start_server(**FOREVER)
    request = b"POST /api/user/purge HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65000\r\n\r\n" + b" " * 64_000
    with undisturbed(server), ExitStack() as stack:
        connections = [stack.enter_context(opened(server)) for _ in range(50)]
        for connection in connections:
            connection.send(request)
        assert connections[0].receive(LIMIT) == b""
        assert_kept(server)
        assert metric(server, "switchboard_connections_ended_total", reason="memory") < 50


def test_what_has_been_passed_on_is_not_kept(shared_server: Server) -> None:
    """Empty lines between requests, and always the first byte of the next one: 32 MiB on one connection."""
    with Connection(shared_server.host, shared_server.port) as connection:
        connection.send(b"G")
        before = resident(shared_server.pid)
        for _ in range(16):
            connection.send(
                b"ET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + b"\r\n" * (1 << 20) + b"G"
            )
            response = read_response(connection)
            assert response is not None and response.status == 200
        assert resident(shared_server.pid) - before < 16 << 20


def test_the_slowest_clients_of_the_relay_are_closed(start_relay: Callable[..., Relay]) -> None:
    """Twenty TCP clients that read nothing, 256 KiB for each; one that reads goes on."""
    relay = start_relay(MAX_BUFFERED_BYTES=BUDGET)
    with undisturbed(relay), ExitStack() as stack:
        peer = stack.enter_context(Peer())

        def bound(receive_buffer: int | None) -> tuple[Client, Endpoint]:
            stream = Stream(relay.at(), receive_buffer=receive_buffer)
            client = stack.enter_context(Client(stream, "testuser", "testpass"))
            address = client.allocate()
            assert client.bind_channel(0x4000, peer.endpoint).succeeded
            return client, address

        reading, reached = bound(None)
        slow = [bound(4096) for _ in range(20)]
        payload = bytes(1000)
        for _, address in slow:
            for number in range(700):
                peer.send(payload, address)
                if number % 100 == 0:
                    reading.settle()
            peer.send(struct.pack("!I", 1), reached)
            assert reading.receive_data().payload == struct.pack("!I", 1)

        def ended() -> float:
            return metric(relay, "switchboard_relay_streams_ended_total", reason="memory")

        eventually(lambda: ended() > 0, LIMIT, "slow streams are ended")
        assert_kept(relay)
        assert ended() < 20
        peer.send(b"still there", reached)
        assert reading.receive_data().payload == b"still there"
        reading.settle()
