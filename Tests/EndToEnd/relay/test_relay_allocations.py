"""Allocations: what a success tells, families, lifetimes, even ports and reservations, and where ports come from."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from support import stun
from support.metrics import FOLD_LIMIT, metric
from support.ports import free_ports
from support.relay import TRANSPORTS, Connect, Relay
from support.stun import IPV4, IPV6, Attribute, Endpoint
from support.transports import Peer, can_bind
from support.turnclient import Client
from support.waiting import eventually

RELAYED = Attribute.XOR_RELAYED_ADDRESS
EVEN, EVEN_AND_NEXT = (Attribute.EVEN_PORT, b"\x00"), (Attribute.EVEN_PORT, b"\x80")
PORTS = range(49152, 65536)

StartRelay = Callable[..., Relay]


# What a success tells


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_success_tells_both_addresses_and_the_lifetime(connect: Connect, transport: str) -> None:
    client = connect(transport)
    answer = client.try_allocate()
    assert answer.succeeded, answer
    assert answer.address(Attribute.XOR_MAPPED_ADDRESS) == client.transport.local
    assert answer.number(Attribute.LIFETIME) == 600
    relayed = answer.address(RELAYED)
    assert relayed.port in PORTS
    assert Attribute.RESERVATION_TOKEN not in answer and Attribute.ADDRESS_ERROR_CODE not in answer


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_client_that_asks_for_no_family_gets_the_one_it_speaks(connect: Connect, transport: str) -> None:
    relayed = connect(transport).allocate()
    assert relayed.host == ("127.0.0.1" if transport.endswith("4") else "::1")


@pytest.mark.parametrize("transport", ["udp4", "udp6", "tcp4", "tls6"])
@pytest.mark.parametrize(("family", "host"), [(IPV4, "127.0.0.1"), (IPV6, "::1")])
def test_a_family_that_is_asked_for_is_given(
    connect: Connect, transport: str, family: int, host: str
) -> None:
    client = connect(transport)
    relayed = client.allocate(family=family)
    assert relayed.host == host
    with Peer(host) as peer:
        assert client.permit(peer.endpoint).succeeded
        client.send(b"there", peer.endpoint)
        assert peer.receive() == (b"there", relayed)
        peer.send(b"and back", relayed)
        assert client.receive_data().payload == b"and back"
    assert client.refresh(None, (Attribute.REQUESTED_ADDRESS_FAMILY, stun.address_family(family))).succeeded
    other = IPV6 if family == IPV4 else IPV4
    assert client.refresh(None, (Attribute.REQUESTED_ADDRESS_FAMILY, stun.address_family(other))).error == 443


ADDITIONAL = [Attribute.ADDITIONAL_ADDRESS_FAMILY, Attribute.ADDITIONAL_ADDRESS_FAMILY_OLD]


@pytest.mark.parametrize("transport", ["udp4", "udp6", "tcp4"])
@pytest.mark.parametrize("additional", ADDITIONAL, ids=["0x8000", "0x8032"])
def test_one_allocation_can_have_an_address_of_each_family(
    connect: Connect, transport: str, additional: int
) -> None:
    client = connect(transport)
    answer = client.try_allocate((additional, stun.address_family(IPV6)))
    assert answer.succeeded, answer
    four, six = answer.addresses(RELAYED)
    assert (four.host, six.host) == ("127.0.0.1", "::1")
    with Peer() as peer4, Peer("::1") as peer6:
        assert client.permit(peer4.endpoint, peer6.endpoint).succeeded
        assert client.bind_channel(0x4000, peer6.endpoint).succeeded
        client.send(b"four", peer4.endpoint)
        client.send_on(0x4000, b"six")
        assert peer4.receive() == (b"four", four)
        assert peer6.receive() == (b"six", six)
        peer4.send(b"from four", four)
        received = client.receive_data()
        assert (received.payload, received.peer) == (b"from four", peer4.endpoint)
        peer6.send(b"from six", six)
        received = client.receive_data()
        assert (received.payload, received.channel) == (b"from six", 0x4000)


@pytest.mark.parametrize("family", [IPV4, IPV6])
def test_an_allocation_of_both_families_can_lose_one(connect: Connect, family: int) -> None:
    """A Refresh to zero of one family ends that one only (RFC 8656, 7.3)."""
    client = connect()
    answer = client.try_allocate((Attribute.ADDITIONAL_ADDRESS_FAMILY, stun.address_family(IPV6)))
    four, six = answer.addresses(RELAYED)
    ended, kept = (four, six) if family == IPV4 else (six, four)
    only = (Attribute.REQUESTED_ADDRESS_FAMILY, stun.address_family(family))
    assert client.refresh(0, only).number(Attribute.LIFETIME) == 0
    with Peer(kept.host) as peer, Peer(ended.host) as cut_off:
        assert client.permit(cut_off.endpoint).error == 443
        assert client.permit(peer.endpoint).succeeded
        client.send(b"kept", peer.endpoint)
        assert peer.receive() == (b"kept", kept)


def test_where_a_family_is_missing_the_other_is_given_and_the_lack_is_told(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_IPS="127.0.0.1")
    assert relay.client().try_allocate(family=IPV6).error == 440
    client = relay.client()
    answer = client.try_allocate((Attribute.ADDITIONAL_ADDRESS_FAMILY, stun.address_family(IPV6)))
    assert answer.succeeded and [found.host for found in answer.addresses(RELAYED)] == ["127.0.0.1"]
    lack = answer[Attribute.ADDRESS_ERROR_CODE]
    assert (lack[0], stun.error_code(lack)) == (IPV6, 440)


# Lifetimes


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        (0, 600),
        (1, 600),
        (599, 600),
        (600, 600),
        (601, 601),
        (777, 777),
        (3600, 3600),
        (3601, 3600),
        (2**32 - 1, 3600),
    ],
)
@pytest.mark.parametrize("how", ["allocate", "refresh"])
def test_lifetimes_are_from_ten_minutes_to_an_hour(
    connect: Connect, how: str, asked: int, given: int
) -> None:
    client = connect()
    if how == "allocate":
        answer = client.try_allocate(lifetime=asked)
    else:
        client.allocate()
        answer = client.refresh(asked)
        given = 0 if asked == 0 else given
    assert answer.succeeded and answer.number(Attribute.LIFETIME) == given


def test_a_refresh_without_a_lifetime_gives_ten_minutes_and_tells_so(connect: Connect) -> None:
    client = connect()
    client.allocate(lifetime=3600)
    assert client.refresh().number(Attribute.LIFETIME) == 600


def test_a_refresh_to_zero_ends_the_allocation_at_once(connect: Connect) -> None:
    client = connect()
    relayed = client.allocate()
    with Peer() as peer:
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        assert client.refresh(0).number(Attribute.LIFETIME) == 0
        client.send_on(0x4000, b"too late")
        client.send(b"too late", peer.endpoint)
        peer.send(b"too late", relayed)
        client.expect_nothing()
        assert peer.received() == []
        assert client.permit(peer.endpoint).error == 437
        assert_port_is_free(relayed)


def assert_port_is_free(relayed: Endpoint) -> None:
    eventually(lambda: can_bind(relayed), 5, f"the server gives {relayed} back")


@pytest.mark.parametrize("transport", ["tcp4", "tls4"])
def test_the_end_of_a_stream_ends_its_allocation(connect: Connect, transport: str) -> None:
    client = connect(transport)
    relayed = client.allocate()
    assert not can_bind(relayed)
    client.close()
    assert_port_is_free(relayed)


# Even ports


def test_an_even_port_is_even(connect: Connect) -> None:
    ports = {connect().allocate(EVEN).port for _ in range(20)}
    assert len(ports) == 20 and all(port % 2 == 0 for port in ports)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_port_behind_an_even_one_can_be_held_for_another_five_tuple(
    connect: Connect, transport: str
) -> None:
    first = connect(transport).try_allocate(EVEN_AND_NEXT)
    even, token = first.address(RELAYED), first[Attribute.RESERVATION_TOKEN]
    assert even.port % 2 == 0 and len(token) == 8
    second = connect(transport)
    relayed = second.allocate((Attribute.RESERVATION_TOKEN, token))
    assert relayed == Endpoint(even.host, even.port + 1)
    with Peer(even.host) as peer:
        assert second.permit(peer.endpoint).succeeded
        second.send(b"from the held port", peer.endpoint)
        assert peer.receive() == (b"from the held port", relayed)


def test_a_token_is_good_once(connect: Connect) -> None:
    token = connect().try_allocate(EVEN_AND_NEXT)[Attribute.RESERVATION_TOKEN]
    connect().allocate((Attribute.RESERVATION_TOKEN, token))
    assert connect().try_allocate((Attribute.RESERVATION_TOKEN, token)).error == 508


def test_a_token_outlives_the_allocation_it_came_with(connect: Connect) -> None:
    """coturn's client asks for it from a second socket, perhaps after it has given up the first."""
    client = connect()
    token = client.try_allocate(EVEN_AND_NEXT)[Attribute.RESERVATION_TOKEN]
    assert connect().allocate((Attribute.RESERVATION_TOKEN, token)).port % 2 == 1


def test_tokens_cannot_be_guessed_from_one_another(connect: Connect) -> None:
    tokens = [connect().try_allocate(EVEN_AND_NEXT)[Attribute.RESERVATION_TOKEN] for _ in range(16)]
    numbers = sorted(int.from_bytes(token, "big") for token in tokens)
    gaps = [later - earlier for earlier, later in itertools.pairwise(numbers)]
    assert min(gaps) > 2**40, "eight random octets are hardly ever that close"


# Where ports come from


def with_ports(start_relay: StartRelay, ports: range, **settings: object) -> Relay:
    """A relay with few ports, which one user may have all of."""
    limits = {"RELAY_MIN_PORT": ports[0], "RELAY_MAX_PORT": ports[-1], "RELAY_USER_QUOTA": 0}
    return start_relay(**(limits | settings))


def allocate_all(relay: Relay, count: int, *attributes: tuple[int, bytes]) -> list[Client]:
    clients = [relay.client() for _ in range(count)]
    for client in clients:
        client.allocate(*attributes)
    return clients


def test_ports_are_random_in_their_range(connect: Connect) -> None:
    ports = [connect().allocate().port for _ in range(60)]
    assert len(set(ports)) == 60 and all(port in PORTS for port in ports)
    steps = [later - earlier for earlier, later in itertools.pairwise(ports)]
    assert 10 < sum(step > 0 for step in steps) < 49, f"they go one way: {ports}"
    assert len(set(steps)) > 50, f"steps repeat: {ports}"
    assert min(ports) < 49152 + 4096 and max(ports) > 65535 - 4096, f"they keep to a part: {sorted(ports)}"
    assert 10 < sum(port % 2 for port in ports) < 50, f"mostly even or mostly odd: {ports}"


def use(client: Client, peer: Peer) -> None:
    """Sends a peer a packet, which makes the allocation's port one that was used."""
    assert client.permit(peer.endpoint).succeeded
    client.send(b"used", peer.endpoint)
    assert peer.receive()[0] == b"used"


def test_exhausted_ports_are_told_at_once_and_used_ports_rest(start_relay: StartRelay) -> None:
    relay = with_ports(start_relay, free_ports(8))
    clients = allocate_all(relay, 8)
    for name in ("udp4", "tcp4"):
        assert relay.client(name).try_allocate().error == 508
    with Peer() as peer:
        for client in clients:
            use(client, peer)
            assert client.refresh(0).succeeded
    for _ in range(3):  # All eight are free for the kernel, but rest for two minutes.
        assert relay.client().try_allocate().error == 508


def test_ports_come_back_after_their_rest(start_relay: StartRelay) -> None:
    relay = with_ports(start_relay, free_ports(4), RELAY_PORT_REST=1)
    with Peer() as peer:
        for client in allocate_all(relay, 4):
            use(client, peer)
            assert client.refresh(0).succeeded
    client = relay.client()
    eventually(lambda: client.try_allocate().succeeded, 10, "a port has rested", interval=0.1)


def test_unused_ports_come_back_at_once(start_relay: StartRelay) -> None:
    """Also from the sockets' point of view: the next one that binds the port is never too early."""
    relay = with_ports(start_relay, free_ports(2))
    client, other = relay.client(), relay.client("tcp4")
    for _ in range(100):
        for each in (client, other):
            each.allocate()
        for each in (client, other):
            assert each.refresh(0).succeeded


def test_a_port_that_somebody_sent_to_rests_even_if_nothing_was_let_through(start_relay: StartRelay) -> None:
    relay = with_ports(start_relay, free_ports(1))
    with relay.client() as client, Peer() as peer:
        relayed = client.allocate()

        def is_refused() -> bool:
            peer.send(b"?", relayed)
            return metric(relay, "switchboard_relay_drops_total", reason="no_permission") > 0

        eventually(is_refused, FOLD_LIMIT, "the relay has seen a datagram of no permitted peer", interval=0.2)
        assert client.refresh(0).succeeded
        assert client.try_allocate().error == 508


def test_an_even_port_without_a_reservation_holds_no_second_one(start_relay: StartRelay) -> None:
    relay = with_ports(start_relay, free_ports(8))
    allocate_all(relay, 4, EVEN)
    assert relay.client().try_allocate(EVEN).error == 508
    allocate_all(relay, 4)
    assert relay.client().try_allocate().error == 508


def test_a_held_port_is_given_to_nobody_else(start_relay: StartRelay) -> None:
    held = free_ports(4)
    relay = with_ports(start_relay, held)
    tokens = [relay.client().try_allocate(EVEN_AND_NEXT)[Attribute.RESERVATION_TOKEN] for _ in range(2)]
    assert relay.client().try_allocate().error == 508
    ports = {relay.client().allocate((Attribute.RESERVATION_TOKEN, token)).port for token in tokens}
    assert ports == {held[1], held[3]}


def test_ports_that_others_of_this_machine_use_are_passed_over(start_relay: StartRelay) -> None:
    first, second, third, fourth = ports = free_ports(4)
    relay = with_ports(start_relay, ports, RELAY_IPS="127.0.0.1")
    with Peer("127.0.0.1", second), Peer("127.0.0.1", third):
        assert {relay.client().allocate().port for _ in range(2)} == {first, fourth}
        assert relay.client().try_allocate().error == 508
