"""What one user, one address and one allocation may have."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from support import stun
from support.relay import PASSWORD, SECRETS, USER, Relay, connecting, running, time_limited
from support.stun import Attribute, Endpoint
from support.transports import Peer, can_bind
from support.turnclient import Client
from support.waiting import eventually

StartRelay = Callable[..., Relay]
DEFAULTS = {"RELAY_USER_QUOTA": 12, "RELAY_ADDRESS_QUOTA": 64}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """A relay with the default quotas."""
    with running(tmp_path_factory.mktemp("limits"), **DEFAULTS) as relay:
        yield relay


def named_user(id: str, expiry: int = 600) -> tuple[str, str]:
    name = f"{int(time.time()) + expiry}:{id}"
    return name, time_limited(SECRETS[0], name)


# Quotas


def test_a_user_may_have_twelve_allocations(limited: Relay) -> None:
    with connecting(limited) as connect:
        clients = [connect() for _ in range(12)]
        for client in clients:
            client.allocate()
        assert connect().try_allocate().error == 486
        assert connect("tcp4").try_allocate().error == 486
        connect("udp4", *named_user("someone else")).allocate()
        assert clients[0].refresh().succeeded
        assert clients[0].refresh(0).succeeded
        connect().allocate()
        assert connect().try_allocate().error == 486


def test_a_user_is_counted_by_the_name_behind_the_expiry(limited: Relay) -> None:
    """Who is handed new credentials again and again has no more than who keeps the first."""
    with connecting(limited) as connect:
        for number in range(12):
            connect("udp4", *named_user("member", 600 + number)).allocate()
        assert connect("udp4", *named_user("member", 700)).try_allocate().error == 486
        connect("udp4", *named_user("other member", 700)).allocate()


def test_an_address_may_have_sixty_four_allocations(limited: Relay) -> None:
    with connecting(limited) as connect:
        for number in range(64):
            connect("udp4", *named_user(f"user {number}"), source="127.200.0.1").allocate()
        assert connect("udp4", *named_user("one more"), source="127.200.0.1").try_allocate().error == 486
        connect("udp4", *named_user("one more"), source="127.200.0.2").allocate()


def test_a_reservation_counts_like_an_allocation_and_is_given_back(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_USER_QUOTA=4)
    with connecting(relay) as connect:
        answers = [connect().try_allocate((Attribute.EVEN_PORT, b"\x80")) for _ in range(4)]
        tokens = [answer[Attribute.RESERVATION_TOKEN] for answer in answers if answer.succeeded]
        assert 2 <= len(tokens) <= 4
        assert all(answer.succeeded or answer.error in (486, 508) for answer in answers)


def test_the_total_is_limited(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_TOTAL_QUOTA=5)
    with connecting(relay) as connect:
        for _ in range(5):
            connect().allocate()
        assert connect("udp4", *named_user("anyone")).try_allocate().error in (486, 508)


def test_refused_allocations_take_nothing_from_a_quota(limited: Relay) -> None:
    with connecting(limited) as connect:
        user = named_user("clumsy")
        for _ in range(30):
            assert connect("udp4", *user).try_allocate(protocol=stun.TCP).error == 442
        client = connect("udp4", *user)
        client.allocate()
        for _ in range(30):
            assert client.try_allocate().error == 437
        for _ in range(11):
            connect("udp4", *user).allocate()


def test_the_end_of_a_stream_gives_its_quota_back(limited: Relay) -> None:
    user = named_user("on streams")
    with connecting(limited) as connect:
        for _ in range(3):
            clients = [connect("tcp4", *user) for _ in range(12)]
            for client in clients:
                eventually(client_allocates(client), 10, "the quota is free again")
                client.close()


def client_allocates(client: Client) -> Callable[[], bool]:
    return lambda: client.try_allocate().succeeded


def test_an_expired_allocation_gives_its_quota_back(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_USER_QUOTA=2, RELAY_ALLOCATION_LIFETIME=1)
    with connecting(relay) as connect:
        first, second, third = connect(), connect(), connect()
        for client in (first, second):
            assert client.try_allocate().number(Attribute.LIFETIME) == 1
        assert third.try_allocate().error == 486
        eventually(client_allocates(third), 10, "an allocation has expired")
        eventually(lambda: first.refresh().error == 437, 10, "the first allocation has expired")


# Permissions and channels


def test_an_allocation_may_have_256_permissions(limited: Relay) -> None:
    with limited.client("udp4", *named_user("popular")) as client:
        client.allocate()
        peers = [Endpoint(f"127.1.{number // 200}.{1 + number % 200}", 9) for number in range(257)]
        for at in range(0, 256, 16):
            assert client.permit(*peers[at : at + 16]).succeeded
        assert client.permit(peers[256]).error == 508
        assert client.permit(peers[0]).succeeded, "one that is there is only refreshed"
        assert client.bind_channel(0x4000, peers[256]).error == 508
        with Peer(peers[255].host) as peer, Peer(peers[256].host) as refused:
            client.send(b"no", refused.endpoint)
            client.send(b"yes", peer.endpoint)
            assert peer.receive()[0] == b"yes"
            assert refused.received() == []


def test_an_allocation_may_have_64_channels(limited: Relay) -> None:
    with limited.client("udp4", *named_user("many channels")) as client:
        client.allocate()
        for number in range(64):
            assert client.bind_channel(
                0x4000 + 255 * number, Endpoint("127.0.0.1", 10_000 + number)
            ).succeeded
        assert client.bind_channel(0x7FFF, Endpoint("127.0.0.1", 9_999)).error == 508
        assert client.bind_channel(0x4000, Endpoint("127.0.0.1", 10_000)).succeeded


def test_permissions_and_channels_end_and_can_be_had_again(start_relay: StartRelay) -> None:
    relay = start_relay(
        RELAY_PERMISSION_LIFETIME=1, RELAY_CHANNEL_LIFETIME=2, RELAY_MAX_PERMISSIONS=1, RELAY_MAX_CHANNELS=1
    )
    with relay.client() as client, Peer("127.0.0.31") as one, Peer("127.0.0.32") as two:
        relayed = client.allocate()
        assert client.permit(one.endpoint).succeeded
        assert client.permit(two.endpoint).error == 508
        eventually(lambda: client.permit(two.endpoint).succeeded, 10, "the first permission has ended")
        one.send(b"no", relayed)
        two.send(b"yes", relayed)
        assert client.receive_data().payload == b"yes"
        eventually(lambda: client.bind_channel(0x4000, one.endpoint).succeeded, 10, "room for a permission")
        assert client.bind_channel(0x4000, two.endpoint).error == 400

        def is_free() -> bool:
            answer = client.bind_channel(0x4000, two.endpoint)
            return answer.succeeded

        eventually(is_free, 10, "the channel has ended, and may belong to another peer")
        two.send(b"on the channel", relayed)
        received = client.receive_data()
        assert (received.payload, received.channel) == (b"on the channel", 0x4000)


def test_a_channel_without_its_permission_lets_nothing_in(start_relay: StartRelay) -> None:
    """A channel lives longer than a permission, and does not stand for one towards the client."""
    relay = start_relay(RELAY_PERMISSION_LIFETIME=1, RELAY_CHANNEL_LIFETIME=600)
    with relay.client() as client, Peer() as peer:
        relayed = client.allocate()
        assert client.bind_channel(0x4000, peer.endpoint).succeeded

        def is_silent() -> bool:
            client.inbox.clear()
            peer.send(b"?", relayed)
            client.settle()
            return not client.inbox

        eventually(is_silent, 10, "the permission has ended", interval=0.2)
        client.expect_nothing()
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        peer.send(b"again", relayed)
        assert client.receive_data().payload == b"again"


def can_bind_at(relayed: Endpoint) -> Callable[[], bool]:
    return lambda: can_bind(relayed)


def test_an_allocation_ends_with_its_lifetime(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_ALLOCATION_LIFETIME=1, RELAY_MAX_ALLOCATION_LIFETIME=2)
    with relay.client() as client, relay.client("tcp4") as stream:
        for made in (client, stream):
            relayed = made.allocate()
            assert made.refresh(3600).number(Attribute.LIFETIME) == 2
            eventually(can_bind_at(relayed), 10, "the port is free again")
            assert made.refresh().error == 437
        stream.settle()


# Bandwidth


@pytest.mark.parametrize(
    "limit", [{"RELAY_MAX_BPS": 100_000}, {"RELAY_MAX_PPS": 100}], ids=["bytes", "packets"]
)
@pytest.mark.parametrize("direction", ["to the peer", "from the peer"])
def test_an_allocation_carries_no_more_than_its_limit(
    start_relay: StartRelay, limit: dict[str, int], direction: str
) -> None:
    """Packets of 1,000 octets, at least three times what is allowed, for a second and a half."""
    relay = start_relay(**limit)
    with relay.client() as client, relay.client() as other, Peer() as peer:
        relayed = client.allocate()
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        got, sent, start = 0, 0, time.monotonic()
        while (elapsed := time.monotonic() - start) < 1.5:
            while sent < 400 * elapsed:
                if direction == "to the peer":
                    client.send_on(0x4000, bytes(1000))
                else:
                    peer.send(bytes(1000), relayed)
                sent += 1
            got += count(client, peer, direction)
        client.settle()
        got += count(client, peer, direction)
        most = 100 * elapsed
        assert sent > 3 * most and 0.4 * most < got < 2 * most + 20, (got, sent, elapsed)
        other_relayed = other.allocate()
        assert other.permit(peer.endpoint).succeeded
        other.send(b"another allocation has its own", peer.endpoint)
        assert peer.receive()[1] == other_relayed


def count(client: Client, peer: Peer, direction: str) -> int:
    if direction == "to the peer":
        return len(peer.received())
    found = 0
    while client.inbox or client.transport.receive(0.002) is not None:
        if client.inbox:
            client.inbox.popleft()
        found += 1
    return found


def test_limits_are_off_by_default(limited: Relay) -> None:
    with limited.client("udp4", *named_user("fast")) as client, Peer() as peer:
        client.allocate()
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        for number in range(1000):
            client.send_on(0x4000, bytes(1000))
            if number % 100 == 99:
                client.settle()
        received = 0
        while received < 1000:
            peer.receive()
            received += 1


def test_static_and_time_limited_users_of_one_name_are_two(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_USER_QUOTA=1)
    with connecting(relay) as connect:
        connect("udp4", USER, PASSWORD).allocate()
        connect("udp4", *named_user("somebody")).allocate()
        assert connect("udp4", USER, PASSWORD).try_allocate().error == 486
