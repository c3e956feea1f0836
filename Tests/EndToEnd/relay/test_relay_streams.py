"""Clients over TCP and TLS: what they send may be cut and joined anywhere, and what they get is padded."""

from __future__ import annotations

import pytest

from support import stun
from support.relay import (
    Connect,
)
from support.stun import Method, encode
from support.transports import Peer, Stream


@pytest.mark.parametrize("transport", ["tcp4", "tls4"])
@pytest.mark.parametrize("length", range(9))
def test_channel_data_is_padded_both_ways(connect: Connect, transport: str, length: int) -> None:
    """The client's framer refuses a stream that is out of step, and padding that is not zero."""
    client = connect(transport)
    relayed = client.allocate()
    with Peer() as peer:
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        payload = b"p" * length
        for _ in range(3):
            client.send_on(0x4000, payload)
            assert peer.receive() == (payload, relayed)
            peer.send(payload, relayed)
        for _ in range(3):
            assert client.receive_data().payload == payload
        client.settle()


@pytest.mark.parametrize("transport", ["tcp4", "tls4"])
@pytest.mark.parametrize("size", [1, 2, 5, 13, 1000])
def test_messages_and_channel_data_may_be_cut_and_joined_anywhere(
    connect: Connect, transport: str, size: int
) -> None:
    client = connect(transport)
    client.allocate()
    with Peer() as peer:
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        payloads = [bytes([number]) * number for number in range(1, 12)]
        wire = b"".join(
            stun.channel_data(0x4000, payload, padded=True) + encode(Method.BINDING) for payload in payloads
        )
        for at in range(0, len(wire), size):
            client.transport.send(wire[at : at + size])
        assert [peer.receive()[0] for _ in payloads] == payloads
        client.settle()


@pytest.mark.parametrize("transport", ["tcp4", "tls4"])
def test_the_largest_channel_data_is_refused_or_carried_but_keeps_the_stream(
    connect: Connect, transport: str
) -> None:
    """65,535 octets do not fit into a datagram; what comes behind them does."""
    client = connect(transport)
    client.allocate()
    with Peer() as peer:
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        client.send_on(0x4000, bytes(65535))
        client.send_on(0x4000, b"next")
        assert isinstance(client.transport, Stream)
        if client.try_exchange(encode(Method.BINDING), 10) is not None:
            assert peer.receive()[0] == b"next"
        else:
            assert client.transport.has_ended


@pytest.mark.parametrize("transport", ["tcp4", "tls4"])
def test_large_payloads_are_carried_whole(connect: Connect, transport: str) -> None:
    client = connect(transport)
    relayed = client.allocate()
    with Peer() as peer:
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        for size in (1500, 4000, 9000, 16000):
            client.send_on(0x4000, bytes([size % 256]) * size)
            assert peer.receive()[0] == bytes([size % 256]) * size
            peer.send(bytes([size % 255]) * size, relayed)
            assert client.receive_data().payload == bytes([size % 255]) * size


def test_two_clients_of_one_address_do_not_mix(connect: Connect) -> None:
    clients = [connect("tcp4", source="127.0.0.1") for _ in range(8)]
    with Peer() as peer:
        relayed = [client.allocate() for client in clients]
        for number, client in enumerate(clients):
            assert client.bind_channel(0x4000 + number, peer.endpoint).succeeded
        for number, address in enumerate(relayed):
            peer.send(b"%d" % number, address)
        for number, client in enumerate(clients):
            received = client.receive_data()
            assert (received.payload, received.channel) == (b"%d" % number, 0x4000 + number)
