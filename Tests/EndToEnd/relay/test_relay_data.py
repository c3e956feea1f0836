"""Payloads through the relay: Send and Data, channels, over every transport, one by one and in bursts."""

from __future__ import annotations

import struct

import pytest

from support import stun
from support.relay import TRANSPORTS, Connect, Relay, loopback
from support.stun import Attribute, Endpoint, Kind, Method, encode
from support.transports import Datagrams, Peer
from support.turnclient import Data

LENGTHS = [0, 1, 2, 3, 4, 5, 170, 1200, 1399, 1400, 1401]
ICE_CHECK = encode(Method.BINDING, attributes=[(Attribute.USERNAME, b"ab:cd")], key=b"short term")


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_send_and_data_indications_carry_any_payload(connect: Connect, transport: str) -> None:
    client = connect(transport)
    relayed = client.allocate()
    with Peer(loopback(transport)) as peer:
        assert client.permit(peer.endpoint).succeeded
        for length in LENGTHS:
            payload = bytes(n % 251 for n in range(length))
            client.send(payload, peer.endpoint)
            assert peer.receive() == (payload, relayed)
            peer.send(payload, relayed)
            received = client.receive_data()
            assert (received.payload, received.peer, received.channel) == (payload, peer.endpoint, None)


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("channel", [0x4000, 0x4FFF, 0x5000, 0x7FFF])
def test_channels_carry_any_payload(connect: Connect, transport: str, channel: int) -> None:
    client = connect(transport)
    relayed = client.allocate()
    with Peer(loopback(transport)) as peer:
        assert client.bind_channel(channel, peer.endpoint).succeeded
        for length in LENGTHS:
            payload = bytes(n % 249 for n in range(length))
            client.send_on(channel, payload)
            assert peer.receive() == (payload, relayed)
            peer.send(payload, relayed)
            received = client.receive_data()
            assert (received.payload, received.channel) == (payload, channel)


@pytest.mark.parametrize("length", [1, 2, 3, 5, 1399])
def test_channel_data_over_udp_may_be_padded(connect: Connect, length: int) -> None:
    client = connect()
    client.allocate()
    with Peer() as peer:
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        client.send_on(0x4000, b"x" * length, padded=True)
        assert peer.receive()[0] == b"x" * length


def test_channel_data_that_claims_more_than_there_is_is_dropped(connect: Connect) -> None:
    client = connect()
    client.allocate()
    with Peer() as peer:
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        client.transport.send(struct.pack("!HH", 0x4000, 9) + b"8 octets")
        client.send_on(0x4000, b"whole")
        assert peer.receive()[0] == b"whole"


def test_stun_messages_are_payload_like_any_other(connect: Connect) -> None:
    """What ICE sends through a relay looks like what is meant for the relay."""
    client = connect()
    relayed = client.allocate()
    with Peer() as peer:
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        for payload in (ICE_CHECK, stun.channel_data(0x4000, b"inside"), b"\x16\xfe\xff" + bytes(40)):
            client.send_on(0x4000, payload)
            assert peer.receive()[0] == payload
            client.send(payload, peer.endpoint)
            assert peer.receive()[0] == payload
            peer.send(payload, relayed)
            assert client.receive_data().payload == payload


# Permissions


def test_a_permission_is_for_an_address_on_all_its_ports(connect: Connect) -> None:
    client = connect()
    relayed = client.allocate()
    with Peer("127.0.0.50") as one, Peer("127.0.0.50") as other, Peer("127.0.0.51") as stranger:
        assert client.permit(Endpoint("127.0.0.50", 1)).succeeded
        for peer in (one, other):
            client.send(b"hello", peer.endpoint)
            assert peer.receive() == (b"hello", relayed)
            peer.send(b"hello back", relayed)
            assert client.receive_data().peer == peer.endpoint
        client.send(b"no", stranger.endpoint)
        stranger.send(b"no", relayed)
        one.send(b"last", relayed)
        assert client.receive_data().payload == b"last"
        client.expect_nothing()
        assert stranger.received() == []


def test_several_peers_can_be_permitted_at_once(connect: Connect) -> None:
    client = connect()
    client.allocate()
    peers = [Peer(f"127.0.0.{n}") for n in range(60, 70)]
    assert client.permit(*[peer.endpoint for peer in peers]).succeeded
    for peer in peers:
        client.send(b"x", peer.endpoint)
        assert peer.receive()[0] == b"x"
        peer.close()


def test_a_channel_brings_its_permission(connect: Connect) -> None:
    client = connect()
    relayed = client.allocate()
    with Peer() as bound, Peer() as same_host:
        assert client.bind_channel(0x4001, bound.endpoint).succeeded
        client.send(b"by indication", same_host.endpoint)
        assert same_host.receive()[0] == b"by indication"
        same_host.send(b"back", relayed)
        assert client.receive_data().peer == same_host.endpoint
        bound.send(b"back", relayed)
        assert client.receive_data().channel == 0x4001


def test_a_send_indication_goes_to_the_peer_of_a_channel_too(connect: Connect) -> None:
    client = connect()
    client.allocate()
    with Peer() as peer:
        assert client.bind_channel(0x4001, peer.endpoint).succeeded
        client.send(b"not on the channel", peer.endpoint)
        assert peer.receive()[0] == b"not on the channel"


def test_what_is_no_whole_send_indication_is_dropped(connect: Connect) -> None:
    client = connect()
    client.allocate()
    with Peer() as peer:
        assert client.permit(peer.endpoint).succeeded
        to: tuple[int, stun.Value] = (Attribute.XOR_PEER_ADDRESS, peer.endpoint)
        data: tuple[int, stun.Value] = (Attribute.DATA, b"no")
        short: tuple[int, stun.Value] = (Attribute.XOR_PEER_ADDRESS, b"\0\x01\0\x09")
        for attributes in ([to], [data], [data, short], [to, data, (0x7ABC, b"?")], []):
            client.transport.send(encode(Method.SEND, Kind.INDICATION, attributes))
        for attributes in ([data, to], [to, data, (0xFABC, b"?")], [(Attribute.SOFTWARE, b"x"), to, data]):
            client.transport.send(encode(Method.SEND, Kind.INDICATION, attributes))
            assert peer.receive()[0] == b"no"
        client.transport.send(encode(Method.SEND, Kind.INDICATION, [to, data], add_fingerprint=True))
        assert peer.receive()[0] == b"no"
        client.expect_nothing()
        assert peer.received() == []


# The IP header


@pytest.mark.parametrize("transport", ["udp4", "udp6", "tcp4"])
def test_a_send_indication_may_forbid_fragments(connect: Connect, transport: str) -> None:
    client = connect(transport)
    relayed = client.allocate((Attribute.DONT_FRAGMENT, b""))
    with Peer(loopback(transport)) as peer:
        assert client.permit(peer.endpoint).succeeded
        client.send(b"whole", peer.endpoint, (Attribute.DONT_FRAGMENT, b""))
        assert peer.receive() == (b"whole", relayed)


@pytest.mark.parametrize("transport", ["udp4", "udp6", "tls4"])
def test_a_peer_that_is_not_there_is_told_by_an_icmp_attribute(connect: Connect, transport: str) -> None:
    client = connect(transport)
    client.allocate()
    with Peer(loopback(transport)) as peer:
        gone = peer.endpoint
    assert client.permit(gone).succeeded
    client.send(b"anyone?", gone)
    told = client.receive()
    assert told is not None and not isinstance(told, Data), told
    assert (told.method, told.kind) == (Method.DATA, Kind.INDICATION)
    assert told.address(Attribute.XOR_PEER_ADDRESS) == gone and Attribute.DATA not in told
    error = stun.decode_icmp(told[Attribute.ICMP])
    assert (error.type, error.code) == ((3, 3) if transport.endswith("4") else (1, 4))
    with Peer(*gone) as back:  # The allocation goes on as if nothing had been.
        client.send(b"now?", back.endpoint)
        assert back.receive()[0] == b"now?"


# The address that the client used


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "127.0.0.3", "127.4.5.6"])
@pytest.mark.parametrize("transport", ["udp4", "tcp4", "tls4"])
def test_on_a_wildcard_all_comes_from_the_address_that_the_client_used(
    connect: Connect, shared_relay: Relay, transport: str, host: str
) -> None:
    """Answers, indications and channels; the transport refuses what comes from elsewhere."""
    client = connect(transport, host=host)
    relayed = client.allocate()
    with Peer() as peer:
        assert client.permit(peer.endpoint).succeeded
        peer.send(b"one", relayed)
        assert client.receive_data().payload == b"one"
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        peer.send(b"two", relayed)
        assert client.receive_data().payload == b"two"


def test_the_servers_address_is_part_of_the_five_tuple(connect: Connect) -> None:
    client = connect(source="127.0.0.1")
    client.allocate()
    assert isinstance(client.transport, Datagrams)
    client.transport.server = Endpoint("127.0.0.2", client.transport.server.port)
    assert client.refresh().error == 437
    client.allocate()
