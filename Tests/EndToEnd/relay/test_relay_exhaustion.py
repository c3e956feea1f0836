"""Where descriptors run out, packets are as large as they get, or many clients speak at once, nobody else suffers."""

from __future__ import annotations

import random
import socket
import struct
import time
from collections.abc import Callable

import pytest

from support import stun
from support.processes import cpu_seconds, descriptors, limit_descriptors
from support.relay import Connect, Relay, connecting, loopback
from support.stun import Attribute, Kind, Method, encode
from support.transports import Datagrams, Peer, Stream
from support.turnclient import Client
from support.waiting import eventually

StartRelay = Callable[..., Relay]
LARGEST_UDP = 65_507


# Descriptors


def test_when_descriptors_run_out_allocations_are_refused_and_come_back(start_relay: StartRelay) -> None:
    relay = start_relay()
    with connecting(relay) as connect:
        limit_descriptors(relay.pid, descriptors(relay.pid) + 20)
        clients = [connect() for _ in range(40)]
        codes = [client.try_allocate().error for client in clients]
        # A few that were counted, of calls that had just been answered, may have been closed since.
        assert set(codes) == {0, 508} and 10 <= codes.count(0) <= 25, codes
        assert clients[0].refresh().succeeded
        for client in clients[:5]:
            assert client.refresh(0).succeeded
        eventually(lambda: connect().try_allocate().succeeded, 10, "an allocation again", interval=0.1)


@pytest.mark.parametrize("tls", [False, True])
def test_when_descriptors_run_out_streams_wait_without_burning_the_processor(
    start_relay: StartRelay, tls: bool
) -> None:
    relay = start_relay(RELAY_LOOPS=1)
    client = relay.client()
    client.allocate()
    with Peer() as peer:
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        limit = descriptors(relay.pid)
        limit_descriptors(relay.pid, limit)
        waiting = [socket.create_connection(relay.at(tls=tls)) for _ in range(20)]
        before, start = cpu_seconds(relay.pid), time.monotonic()
        while time.monotonic() - start < 1.5:
            client.send_on(0x4000, b"goes on")
            assert peer.receive()[0] == b"goes on"
            time.sleep(0.05)
        burnt = cpu_seconds(relay.pid) - before
        assert burnt < 0.75, f"{burnt:.2f} s of processor time in 1.5 s of waiting"
        limit_descriptors(relay.pid, limit + 100)
        for each in waiting:
            each.close()

        def is_served() -> bool:
            try:
                with relay.client("tls4" if tls else "tcp4") as stream:
                    return stream.try_exchange(encode(Method.BINDING), 2) is not None
            except OSError:
                return False

        eventually(is_served, 15, "streams are served again", interval=0.1)


# Sizes


@pytest.mark.parametrize("transport", ["udp4", "udp6", "tcp4", "tls4"])
@pytest.mark.parametrize("size", [1472, 1473, 9_000, 32_768, 60_000, 65_400])
@pytest.mark.parametrize("bound", [True, False], ids=["channel", "indication"])
def test_packets_of_any_size_are_carried_whole(
    connect: Connect, transport: str, size: int, bound: bool
) -> None:
    client = connect(transport)
    relayed = client.allocate()
    payload = random.Random(size).randbytes(size)
    with Peer(loopback(transport)) as peer:
        answer = client.bind_channel(0x4000, peer.endpoint) if bound else client.permit(peer.endpoint)
        assert answer.succeeded
        for _ in range(2):
            if bound:
                client.send_on(0x4000, payload)
            else:
                client.send(payload, peer.endpoint)
            assert peer.receive() == (payload, relayed)
            peer.send(payload, relayed)
            assert client.receive_data().payload == payload


@pytest.mark.parametrize("transport", ["udp4", "tcp4", "tls4"])
@pytest.mark.parametrize("bound", [True, False], ids=["channel", "indication"])
def test_the_largest_packet_of_a_peer_is_carried_or_dropped_but_harms_nobody(
    connect: Connect, transport: str, bound: bool
) -> None:
    """With a header before it, it fits into no datagram; on a stream it does, or is too large for a DATA."""
    client = connect(transport)
    relayed = client.allocate()
    with Peer() as peer:
        answer = client.bind_channel(0x4000, peer.endpoint) if bound else client.permit(peer.endpoint)
        assert answer.succeeded
        for size in (LARGEST_UDP, LARGEST_UDP - 3, LARGEST_UDP - 35, LARGEST_UDP - 36):
            peer.send(bytes(size), relayed)
            peer.send(b"next", relayed)
            received = client.receive_data()
            if received.payload != b"next":
                assert received.payload == bytes(size)
                assert client.receive_data().payload == b"next"
        client.settle()


def test_large_packets_pass_between_two_relayed_clients(connect: Connect) -> None:
    for transports in (("udp4", "udp4"), ("tcp4", "udp4"), ("udp4", "tls4")):
        one, two = connect(transports[0]), connect(transports[1])
        first, second = one.allocate(), two.allocate()
        assert one.bind_channel(0x4000, second).succeeded and two.permit(first).succeeded
        for size in (0, 1, 1400, 20_000, 60_000):
            payload = random.Random(size).randbytes(size)
            one.send_on(0x4000, payload)
            assert two.receive_data().payload == payload
            two.send(payload, first)
            assert one.receive_data().payload == payload


# Many at once


def test_noise_within_a_burst_harms_only_itself(connect: Connect) -> None:
    client = connect()
    relayed = client.allocate()
    assert isinstance(client.transport, Datagrams)
    noise = random.Random(7)
    with Peer() as peer:
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        for size in (40, 100, 1200):
            expected, burst = [], b""
            for number in range(40):
                payload = struct.pack("!I", number) + bytes(size - 8)
                segment = stun.channel_data(0x4000, payload)
                match number % 5:
                    case 1:
                        segment = noise.randbytes(size)
                    case 2:
                        segment = stun.channel_data(0x4001 + number, payload)
                    case 3:
                        segment = encode(Method.BINDING, Kind.SUCCESS) + bytes(size - 20)
                    case _:
                        expected.append(payload)
                burst += segment
            client.transport.send_burst(burst, size)
            assert [peer.receive() for _ in expected] == [(payload, relayed) for payload in expected]
            client.settle()
            assert peer.received() == []


@pytest.mark.parametrize("loops", [1, 4])
def test_many_calls_at_once_do_not_mix(start_relay: StartRelay, loops: int) -> None:
    """Sixty pairs of which both ends are relayed, on every mixture of loops and transports."""
    relay = start_relay(RELAY_LOOPS=loops)
    kinds = ["udp4", "udp4", "tcp4", "udp4", "tls4"]
    with connecting(relay) as connect:
        pairs: list[tuple[Client, Client]] = []
        for number in range(60):
            one, two = connect(kinds[number % 5]), connect(kinds[number // 5 % 5])
            first, second = one.allocate(), two.allocate()
            assert one.bind_channel(0x4000, second).succeeded
            assert two.bind_channel(0x4001, first).succeeded
            pairs.append((one, two))
        for turn in range(15):
            for number, (one, two) in enumerate(pairs):
                one.send_on(0x4000, struct.pack("!BHH", 1, number, turn) * (1 + number))
                two.send_on(0x4001, struct.pack("!BHH", 2, number, turn) * (1 + number))
            for number, (one, two) in enumerate(pairs):
                received = two.receive_data()
                assert received.payload == struct.pack("!BHH", 1, number, turn) * (1 + number)
                received = one.receive_data()
                assert received.payload == struct.pack("!BHH", 2, number, turn) * (1 + number)


def test_a_peer_may_serve_many_clients_from_one_port(connect: Connect) -> None:
    with Peer() as peer:
        clients = [connect("udp4" if number % 3 else "tcp4") for number in range(30)]
        relayed = [client.allocate() for client in clients]
        for client in clients:
            assert client.bind_channel(0x4000, peer.endpoint).succeeded
        for number, address in enumerate(relayed):
            peer.send(b"%d" % number, address)
        for number, client in enumerate(clients):
            assert client.receive_data().payload == b"%d" % number
            client.expect_nothing()


def test_a_client_may_have_many_peers(connect: Connect) -> None:
    client = connect()
    relayed = client.allocate()
    peers = [Peer(f"127.0.3.{1 + number}") for number in range(60)]
    try:
        for number, peer in enumerate(peers):
            if number % 2:
                assert client.bind_channel(0x4000 + number, peer.endpoint).succeeded
            else:
                assert client.permit(peer.endpoint).succeeded
        for number, peer in enumerate(peers):
            peer.send(b"%d" % number, relayed)
        for _ in peers:
            received = client.receive_data()
            number = int(received.payload)
            if number % 2:
                assert received.channel == 0x4000 + number
            else:
                assert received.peer == peers[number].endpoint
    finally:
        for peer in peers:
            peer.close()


def test_a_hundred_streams_at_once_are_all_served(start_relay: StartRelay) -> None:
    relay = start_relay()
    with connecting(relay) as connect:
        clients = [
            connect("tls4" if number % 2 else "tcp4", source=f"127.55.0.{1 + number}")
            for number in range(100)
        ]
        wires = {client: encode(Method.BINDING) for client in clients}
        for client, wire in wires.items():
            client.transport.send(wire)
        for client, wire in wires.items():
            answer = client.answer_to(wire[8:20], 10)
            assert (
                answer is not None and answer.address(Attribute.XOR_MAPPED_ADDRESS) == client.transport.local
            )
            assert isinstance(client.transport, Stream)
