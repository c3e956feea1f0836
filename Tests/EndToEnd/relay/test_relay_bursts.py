"""Bursts, as segmentation offload makes them, keep order and content through the relay."""

from __future__ import annotations

import struct

import pytest

from support import stun
from support.relay import Connect, loopback
from support.stun import Attribute, Endpoint, Kind, Method, encode
from support.transports import Datagrams, Peer
from support.turnclient import Client


def client_with_channels(connect: Connect, peers: list[Peer]) -> tuple[Client, Datagrams, Endpoint]:
    client = connect()
    relayed = client.allocate()
    for number, peer in enumerate(peers):
        assert client.bind_channel(0x4000 + number, peer.endpoint).succeeded
    assert isinstance(client.transport, Datagrams)
    return client, client.transport, relayed


@pytest.mark.parametrize("size", [40, 172, 1200])
def test_a_segmented_burst_of_a_client_is_taken_apart(connect: Connect, size: int) -> None:
    """Channels of several peers, Send indications and requests of one size come as one buffer by GRO."""
    peers = [Peer(), Peer(), Peer("127.0.0.71")]
    client, transport, relayed = client_with_channels(connect, peers)
    expected: dict[int, list[bytes]] = {0: [], 1: [], 2: []}
    burst, asked = b"", []
    for number in range(24):
        target = (0, 0, 1, 2, 1, 0)[number % 6]
        if number % 5 == 4:
            wire = encode(Method.BINDING, attributes=[(Attribute.SOFTWARE, bytes(size - 24))])
            asked.append(wire[8:20])
        elif number % 7 == 3:
            room = size - 20 - 12 - 4
            payload = struct.pack("!I", number) * (room // 4)
            expected[target].append(payload)
            wire = encode(
                Method.SEND,
                Kind.INDICATION,
                [(Attribute.XOR_PEER_ADDRESS, peers[target].endpoint), (Attribute.DATA, payload)],
            )
        else:
            payload = struct.pack("!I", number) * ((size - 4) // 4)
            expected[target].append(payload)
            wire = stun.channel_data(0x4000 + target, payload)
        assert len(wire) == size, (number, len(wire))
        burst += wire
    last = stun.channel_data(0x4000, b"shorter")
    expected[0].append(b"shorter")
    transport.send_burst(burst + last, size)
    for target, peer in enumerate(peers):
        for payload in expected[target]:
            assert peer.receive() == (payload, relayed)
    for transaction in asked:
        answer = client.answer_to(transaction, 10)
        assert answer is not None and answer.succeeded
    for peer in peers:
        assert peer.received() == []
        peer.close()


@pytest.mark.parametrize("size", [1, 160, 1200])
@pytest.mark.parametrize("bound", [True, False], ids=["channel", "indication"])
@pytest.mark.parametrize("transport", ["udp4", "tcp4", "tls4", "udp6"])
def test_a_segmented_burst_of_a_peer_keeps_order_and_content(
    connect: Connect, transport: str, bound: bool, size: int
) -> None:
    client = connect(transport)
    relayed = client.allocate()
    with Peer(loopback(transport)) as peer:
        answer = client.bind_channel(0x4000, peer.endpoint) if bound else client.permit(peer.endpoint)
        assert answer.succeeded
        payloads = [bytes([number]) * size for number in range(40)] + [b"!" * (size // 2 or 1)]
        peer.send_burst(b"".join(payloads), size, relayed)
        received = [client.receive_data() for _ in payloads]
        assert [data.payload for data in received] == payloads
        assert all(data.channel == (0x4000 if bound else None) for data in received)


@pytest.mark.parametrize("transport", ["udp4", "tcp4", "tls4"])
def test_packets_of_many_sizes_keep_their_order(connect: Connect, transport: str) -> None:
    client = connect(transport)
    relayed = client.allocate()
    with Peer() as peer:
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        payloads = [bytes([n % 256]) * (1 + (n * n * 7) % 1100) for n in range(150)]
        for payload in payloads:
            client.send_on(0x4000, payload)
        assert [peer.receive()[0] for _ in payloads] == payloads
        for payload in payloads:
            peer.send(payload, relayed)
        assert [client.receive_data().payload for _ in payloads] == payloads
