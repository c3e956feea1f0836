"""Ten thousand allocations made, used and ended in every way leave the relay as it was before them."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from support import stun
from support.processes import descriptors, resident, udp_ports
from support.relay import Relay, running
from support.stun import Attribute
from support.transports import Peer
from support.turnclient import Client, Credentials
from support.waiting import eventually

WAVE = 400
WAVES = 25
LIFETIME = 2
RELAYED = range(49152, 65536)


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    settings = {"RELAY_ALLOCATION_LIFETIME": LIFETIME, "RELAY_PORT_REST": 1, "RELAY_TOTAL_QUOTA": 0}
    with running(tmp_path_factory.mktemp("soak"), **settings) as relay:
        yield relay


def one_wave(relay: Relay, peer: Peer, number: int) -> None:
    """Allocations of which each is used on a channel, and a third each is ended, left to expire, or hung up."""
    clients: list[Client] = []
    shared: dict[str, Credentials] = {}
    for index in range(WAVE):
        transport = "tcp4" if index % 10 == 0 else "udp6" if index % 10 == 5 else "udp4"
        source = f"127.{100 + number}.0.{1 + index % 200}" if transport != "udp6" else None
        client = relay.client(transport, source=source)
        known = shared.get(str(source))
        if known is None:
            client.challenge()
            shared[str(source)] = client.credentials
        else:
            client.credentials = known
        clients.append(client)
    for index, client in enumerate(clients):
        relayed = client.allocate(
            *([(Attribute.EVEN_PORT, b"\x80")] if index % 20 == 7 else []), family=stun.IPV4
        )
        channel = 0x4000 + index
        assert client.bind_channel(channel, peer.endpoint).succeeded
        client.send_on(channel, struct.pack("!I", index))
        assert peer.receive() == (struct.pack("!I", index), relayed)
        peer.send(b"back", relayed)
        assert client.receive_data().payload == b"back"
        if index % 3 == 0 or client.transport.local.host == "::1":  # Its next ports may be the same again.
            assert client.refresh(0).succeeded
    for client in clients:
        client.close()


@pytest.mark.timeout(300)
def test_ten_thousand_allocations_leave_nothing_behind(relay: Relay) -> None:
    with Peer() as peer:
        one_wave(relay, peer, 0)  # What is made once and kept, such as tables, is there from now on.
        eventually(lambda: ended(relay), 30, "the first wave has ended", interval=0.1)
        files, memory = descriptors(relay.pid), resident(relay.pid)
        half = 0
        for number in range(1, WAVES):
            one_wave(relay, peer, number)
            if number == WAVES // 2:
                half = resident(relay.pid)
        eventually(lambda: ended(relay), 60, "all allocations have ended", interval=0.1)
        eventually(lambda: descriptors(relay.pid) <= files, 10, f"descriptors are back at {files}")
        grown = resident(relay.pid) - memory
        assert grown < 6 << 20, f"{grown >> 10} KiB more after {WAVE * WAVES} allocations"
        assert resident(relay.pid) - half < 3 << 20, "memory still grows in the second half"
    with relay.client() as client:
        client.allocate()


def ended(relay: Relay) -> bool:
    """Whether no relay socket is left."""
    return not [port for port in udp_ports(relay.pid) if port in RELAYED]
