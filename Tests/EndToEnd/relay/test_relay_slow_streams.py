"""Stream clients that are late, slow or many: each wait has a deadline and each buffer a bound."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator

import pytest

from support.processes import descriptors, resident
from support.relay import (
    Connect,
    Relay,
    client_context,
    connecting,
    running,
)
from support.stun import Method, encode
from support.transports import Peer, Stream
from support.turnclient import Client
from support.waiting import eventually


@pytest.fixture(scope="module")
def hasty_relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    settings = {
        "RELAY_STREAM_TIMEOUT": 1,
        "RELAY_MAX_STREAMS_PER_ADDRESS": 20,
        "RELAY_STREAM_BUFFER_BYTES": 65536,
    }
    with running(tmp_path_factory.mktemp("hasty-relay"), **settings) as relay:
        yield relay


@pytest.fixture
def connect_hasty(hasty_relay: Relay) -> Iterator[Connect]:
    with connecting(hasty_relay) as connect:
        yield connect


HALF = encode(Method.BINDING)[:-1]


@pytest.mark.parametrize("octets", [b"", HALF[:1], HALF[:4], HALF, b"\x40\x00\xff\xff" + bytes(99)], ids=len)
@pytest.mark.parametrize("tls", [False, True])
def test_a_stream_without_a_first_message_is_ended(hasty_relay: Relay, tls: bool, octets: bytes) -> None:
    context = client_context() if tls else None
    with Stream(hasty_relay.at(tls=tls), context) as stream:
        stream.send(octets)
        start = time.monotonic()
        assert stream.wait_for_end() == []
        assert time.monotonic() - start < 5


def test_a_tls_handshake_that_does_not_end_is_ended(hasty_relay: Relay) -> None:
    with Stream(hasty_relay.at(tls=True)) as stream:
        stream.send(b"\x16\x03\x01\x02\x00\x01\x00")
        assert stream.wait_for_end() == []


def test_octets_that_trickle_do_not_extend_the_deadline(hasty_relay: Relay) -> None:
    with Stream(hasty_relay.at()) as stream:
        deadline = time.monotonic() + 8
        for octet in HALF * 100:
            stream.send(bytes([octet]) if stream.receive(0.1) is None else b"")
            if stream.has_ended:
                return
            assert time.monotonic() < deadline, "the relay waits for ever"


@pytest.mark.parametrize("transport", ["tcp4", "tls4"])
def test_an_allocation_keeps_its_quiet_stream(connect_hasty: Connect, transport: str) -> None:
    client = connect_hasty(transport)
    relayed = client.allocate()
    with Peer() as peer:
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        assert client.transport.receive(2.5) is None
        peer.send(b"after a silence", relayed)
        assert client.receive_data().payload == b"after a silence"


def test_streams_of_one_address_are_limited(hasty_relay: Relay, connect_hasty: Connect) -> None:
    clients = [connect_hasty("tcp4", source="127.77.0.1") for _ in range(20)]
    for client in clients:
        client.bind()
    with Stream(hasty_relay.at(), source="127.77.0.1") as refused:
        refused.send(encode(Method.BINDING))
        assert refused.wait_for_end() == []
    connect_hasty("tcp4", source="127.77.0.2").bind()
    clients[0].close()

    def is_served() -> bool:
        with Stream(hasty_relay.at(), source="127.77.0.1") as stream:
            return Client(stream).try_exchange(encode(Method.BINDING), 5) is not None

    eventually(is_served, 10, "a closed stream makes room for another")


@pytest.mark.parametrize("transport", ["tcp4", "tls4"])
def test_a_client_that_does_not_read_costs_little_and_loses_the_newest(
    hasty_relay: Relay, transport: str
) -> None:
    """40 MB of media for a client that reads nothing: memory stays, and what it got first is whole."""
    context = client_context() if transport == "tls4" else None
    with (
        Stream(hasty_relay.at(tls=context is not None), context, receive_buffer=32768) as stream,
        Peer() as peer,
    ):
        client = Client(stream, "testuser", "testpass")
        relayed = client.allocate()
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        before = resident(hasty_relay.pid)
        sentinel = hasty_relay.client()
        for number in range(40_000):
            peer.send(struct.pack("!I", number) + bytes(996), relayed)
            if number % 500 == 0:
                sentinel.settle()
        grown = resident(hasty_relay.pid) - before
        assert grown < 8 << 20, f"{grown >> 10} KiB more for one slow reader"
        numbers = []
        while (received := client.receive(1)) is not None:
            numbers.append(struct.unpack("!I", received.payload[:4])[0])  # type: ignore[union-attr]
        assert numbers == sorted(numbers) and len(numbers) < 40_000
        whole = next((at for at, number in enumerate(numbers) if at != number), len(numbers))
        assert whole > 50, f"the oldest were dropped: {numbers[:20]}"
        peer.send(b"now that it reads again", relayed)
        assert client.receive_data().payload == b"now that it reads again"
        client.settle()


def test_control_answers_get_through_to_a_client_whose_media_is_dropped(hasty_relay: Relay) -> None:
    with Stream(hasty_relay.at(), receive_buffer=32768) as stream, Peer() as peer:
        client = Client(stream, "testuser", "testpass")
        relayed = client.allocate()
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        sentinel = hasty_relay.client()
        for number in range(5_000):
            peer.send(bytes(1000), relayed)
            if number % 500 == 0:
                sentinel.settle()
        assert client.refresh(900).succeeded


def test_a_client_that_never_reads_its_answers_is_bounded(hasty_relay: Relay) -> None:
    """It asks without end and takes nothing: the server stops reading, or ends the stream."""
    before = resident(hasty_relay.pid)
    with Stream(hasty_relay.at(), receive_buffer=4096) as stream:
        stream.socket.settimeout(0.5)
        wire = encode(Method.BINDING) * 2000
        sent = 0
        try:
            while sent < 64 << 20:
                sent += stream.socket.send(wire)
        except OSError:  # Timed out because nothing is taken any more, or reset.
            pass
        assert resident(hasty_relay.pid) - before < 16 << 20
    with hasty_relay.client("tcp4") as client:
        client.bind()


def test_a_reset_stream_gives_everything_back(hasty_relay: Relay) -> None:
    before = descriptors(hasty_relay.pid)
    for number in range(60):
        client = hasty_relay.client("tls4" if number % 2 else "tcp4")
        assert isinstance(client.transport, Stream)
        client.allocate()
        client.transport.reset()
    eventually(lambda: descriptors(hasty_relay.pid) <= before, 10, f"descriptors are back at {before}")


def test_idle_octets_of_a_half_closed_stream_end_it(hasty_relay: Relay) -> None:
    client = hasty_relay.client("tcp4")
    assert isinstance(client.transport, Stream)
    client.allocate()
    client.transport.socket.shutdown(socket.SHUT_WR)
    client.transport.wait_for_end()
