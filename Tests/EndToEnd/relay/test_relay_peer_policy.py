"""Whom the relay may reach: nobody on a private, local or special network, in whatever form the address comes."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Callable, Iterator

import pytest

from support import stun
from support.denied_peers import ALLOWED_V4, ALLOWED_V6, DENIED_V4, DENIED_V6, REFLECTION_PORTS
from support.relay import Connect, Relay, connecting, running
from support.stun import IPV6, Endpoint, Method, encode
from support.transports import Peer
from support.turnclient import Client

FRIEND = "127.0.0.90"
"""The one loopback address that this relay's operator allows."""

PORT = 7000


@pytest.fixture(scope="module")
def strict_relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """The default policy, but for one address so that there is a peer at all."""
    settings = {"RELAY_ALLOW_LOOPBACK_PEERS": 0, "RELAY_ALLOWED_PEERS": FRIEND}
    with running(tmp_path_factory.mktemp("policy"), **settings) as relay:
        yield relay


@pytest.fixture
def connect(strict_relay: Relay) -> Iterator[Connect]:
    with connecting(strict_relay) as connect:
        yield connect


@pytest.fixture(scope="module")
def four(strict_relay: Relay) -> Iterator[Client]:
    """A client with an IPv4 relay, which many refusals leave as it is."""
    with strict_relay.client() as client:
        client.allocate()
        yield client


@pytest.fixture(scope="module")
def six(strict_relay: Relay) -> Iterator[Client]:
    with strict_relay.client() as client:
        client.allocate(family=IPV6)
        yield client


# Addresses


@pytest.mark.parametrize("name", DENIED_V4)
def test_a_denied_address_is_exactly_403(four: Client, name: str) -> None:
    assert_denied(four, DENIED_V4[name])


@pytest.mark.parametrize("name", DENIED_V6)
def test_a_denied_ipv6_address_is_exactly_403(six: Client, name: str) -> None:
    assert_denied(six, DENIED_V6[name])


def assert_denied(client: Client, host: str) -> None:
    peer = Endpoint(host, PORT)
    assert client.permit(peer).error == 403
    assert client.bind_channel(0x4000, peer).error == 403
    client.send(b"no", peer)
    client.expect_nothing()


@pytest.mark.parametrize("host", ALLOWED_V4)
def test_the_neighbours_of_denied_ranges_are_allowed(connect: Connect, host: str) -> None:
    client = connect()
    client.allocate()
    assert client.permit(Endpoint(host, PORT)).succeeded


@pytest.mark.parametrize("host", ALLOWED_V6)
def test_the_neighbours_of_denied_ipv6_ranges_are_allowed(connect: Connect, host: str) -> None:
    client = connect()
    client.allocate(family=IPV6)
    assert client.permit(Endpoint(host, PORT)).succeeded


def test_one_denied_peer_among_others_refuses_them_all(connect: Connect) -> None:
    client = connect()
    client.allocate()
    with Peer(FRIEND) as friend:
        assert client.permit(friend.endpoint, Endpoint("10.0.0.1", PORT)).error == 403
        client.send(b"no", friend.endpoint)
        assert client.permit(friend.endpoint).succeeded
        client.send(b"yes", friend.endpoint)
        assert friend.receive()[0] == b"yes"
        assert friend.received() == []


def test_a_family_that_does_not_fit_goes_before_the_policy(connect: Connect) -> None:
    client = connect()
    client.allocate()
    assert client.permit(Endpoint("::1", PORT)).error == 443


# Nothing arrives


WAYS_TO_THIS_HOST_V4 = [
    "127.0.0.1",
    "127.0.0.2",
    "127.255.255.254",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
]
WAYS_TO_THIS_HOST_V6 = [
    "::", "::1", "::ffff:127.0.0.1", "::ffff:0.0.0.0", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
    "2002:7f00:1::", "ff02::1", "ff01::1",
]  # fmt: skip


@pytest.mark.parametrize("host", [*WAYS_TO_THIS_HOST_V4, *WAYS_TO_THIS_HOST_V6])
@pytest.mark.parametrize("transport", ["udp4", "tcp4"])
def test_nothing_reaches_this_host_on_any_way(connect: Connect, transport: str, host: str) -> None:
    """CreatePermission, ChannelBind, Send, and ChannelData on what was refused."""
    with listener() as here, Peer(FRIEND) as friend:
        client = connect(transport)
        family = stun.IPV6 if ":" in host else stun.IPV4
        client.allocate(family=family)
        peer = Endpoint(host, here.endpoint.port)
        assert client.permit(peer).error == 403
        assert client.bind_channel(0x4000, peer).error == 403
        for _ in range(3):
            client.send(b"no", peer)
            client.send_on(0x4000, b"no")
        if family == stun.IPV4:
            assert client.permit(friend.endpoint).succeeded
            client.send(b"after that", friend.endpoint)
            assert friend.receive()[0] == b"after that"
        client.expect_nothing()
        assert here.received() == []


def listener() -> Peer:
    """A socket that gets what is sent to any address of this machine, by IPv4 and by IPv6."""
    return Peer("::")


def own_addresses() -> list[str]:
    """This host's addresses beside loopback and link-local ones."""
    routes = pathlib.Path("/proc/net/fib_trie").read_text()
    four = set(re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", routes))
    lines = pathlib.Path("/proc/net/if_inet6").read_text().split("\n")
    six = {":".join(re.findall("....", line[:32])) for line in lines if line[:4] not in ("", "fe80")}
    return sorted(host for host in four | six if not host.startswith("127.") and not host.endswith(":0001"))


@pytest.mark.parametrize("host", own_addresses())
def test_the_hosts_own_addresses_are_denied(connect: Connect, host: str) -> None:
    with listener() as here:
        client = connect()
        client.allocate(family=stun.IPV6 if ":" in host else stun.IPV4)
        peer = Endpoint(host, here.endpoint.port)
        assert client.permit(peer).error == 403
        assert client.bind_channel(0x4000, peer).error == 403
        client.send(b"no", peer)
        client.expect_nothing()
        assert here.received() == []


# Ports


@pytest.mark.parametrize("port", REFLECTION_PORTS)
def test_ports_that_reflect_are_denied_at_allowed_addresses(connect: Connect, port: int) -> None:
    client = connect()
    client.allocate()
    target = Endpoint(FRIEND, port)
    assert client.bind_channel(0x4000, target).error == 403
    assert client.permit(Endpoint(FRIEND, PORT)).succeeded
    reflector = try_listen(target)
    with Peer(FRIEND) as friend:
        for _ in range(3):
            client.send(b"amplify this", target)
        client.send(b"allowed", friend.endpoint)
        assert friend.receive()[0] == b"allowed"
    client.expect_nothing()  # Neither what a reflector would say nor an ICMP error.
    if reflector is not None:
        assert reflector.received() == []
        reflector.close()


def try_listen(at: Endpoint) -> Peer | None:
    try:
        return Peer(*at)
    except OSError:  # Ports below 1024 are for privileged users only.
        return None


def test_port_zero_is_no_peer(connect: Connect) -> None:
    client = connect()
    client.allocate()
    assert client.bind_channel(0x4000, Endpoint(FRIEND, 0)).error in (400, 403)
    assert client.permit(Endpoint(FRIEND, PORT)).succeeded
    client.send(b"no", Endpoint(FRIEND, 0))
    client.expect_nothing()


# Relayed addresses of this server


@pytest.mark.parametrize("family", [stun.IPV4, IPV6])
def test_a_live_relayed_address_of_ours_may_be_reached(connect: Connect, family: int) -> None:
    one, two = connect(), connect()
    first, second = one.allocate(family=family), two.allocate(family=family)
    assert one.bind_channel(0x4000, second).succeeded and two.permit(first).succeeded
    one.send_on(0x4000, b"inside")
    received = two.receive_data()
    assert (received.payload, received.peer) == (b"inside", first)
    two.send(b"and back", first)
    assert one.receive_data().payload == b"and back"


def test_other_ports_of_the_relays_address_may_not_be_reached(connect: Connect, strict_relay: Relay) -> None:
    """A permission is for an address, so that having one for a live port must not open the rest."""
    one, two = connect(), connect()
    first, second = one.allocate(), two.allocate()
    assert one.permit(second).succeeded and two.permit(first).succeeded
    with Peer("127.0.0.1") as here:
        assert one.bind_channel(0x4000, here.endpoint).error == 403
        one.send(b"no", here.endpoint)
        one.send(encode(Method.BINDING), strict_relay.at())
        one.send(b"yes", second)
        assert two.receive_data().payload == b"yes"
        one.expect_nothing()
        assert here.received() == []


def test_the_relays_address_has_no_live_disguise(connect: Connect) -> None:
    one, two = connect(), connect()
    one.allocate(family=IPV6)
    second = two.allocate()
    mapped = Endpoint(f"::ffff:{second.host}", second.port)
    assert one.permit(mapped).error == 403
    assert one.bind_channel(0x4000, mapped).error == 403


def test_a_port_that_has_died_may_not_be_reached_any_more(connect: Connect) -> None:
    one, two = connect(), connect()
    one.allocate()
    second = two.allocate()
    assert one.bind_channel(0x4000, second).succeeded
    assert two.refresh(0).succeeded
    with try_listen(second) or Peer(FRIEND) as here:
        one.send_on(0x4000, b"too late")
        one.send(b"too late", second)
        one.expect_nothing()
        assert here.received() == []


# Configuration


StartRelay = Callable[..., Relay]


def test_denied_ranges_go_before_development_and_allowed_before_denied(start_relay: StartRelay) -> None:
    relay = start_relay(
        RELAY_DENIED_PEERS="127.0.0.20,127.0.1.0/24,127.0.2.5-127.0.2.9,8.8.8.8,2001:4860::/32",
        RELAY_ALLOWED_PEERS="127.0.1.77",
    )
    client = relay.client()
    client.allocate()
    codes = {
        "127.0.0.19": 0, "127.0.0.20": 403, "127.0.0.21": 0, "127.0.0.255": 0, "127.0.1.0": 403,
        "127.0.1.255": 403, "127.0.1.77": 0, "127.0.2.4": 0, "127.0.2.5": 403, "127.0.2.9": 403,
        "127.0.2.10": 0, "8.8.8.8": 403, "8.8.4.4": 0,
    }  # fmt: skip
    assert {host: client.permit(Endpoint(host, PORT)).error for host in codes} == codes
    client = relay.client()
    client.allocate(family=IPV6)
    assert client.permit(Endpoint("2001:4860:4860::8888", PORT)).error == 403
    assert client.permit(Endpoint("2001:4861::", PORT)).succeeded


def test_the_development_switch_allows_loopback_and_private_peers_and_warns(start_relay: StartRelay) -> None:
    relay = start_relay()
    client = relay.client()
    client.allocate()
    for host in ("127.0.0.77", "10.0.0.1", "172.16.0.1", "192.168.1.1"):
        assert client.permit(Endpoint(host, PORT)).succeeded
    for host in ("0.0.0.0", "169.254.169.254", "224.0.0.1", "255.255.255.255", "100.64.0.1"):
        assert client.permit(Endpoint(host, PORT)).error == 403
    client = relay.client()
    client.allocate(family=IPV6)
    assert client.permit(Endpoint("fd12::1", PORT)).succeeded
    for host in ("::", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "fe80::1", "fd00:ec2::254"):
        assert client.permit(Endpoint(host, PORT)).error == 403
    warnings = [event for event in relay.events if event.get("level") == "warning"]
    assert any("RELAY_ALLOW_LOOPBACK_PEERS" in str(event) for event in warnings), relay.log_text()


def test_a_relay_with_the_default_policy_does_not_warn(strict_relay: Relay) -> None:
    assert "RELAY_ALLOW_LOOPBACK_PEERS" not in strict_relay.log_text()
