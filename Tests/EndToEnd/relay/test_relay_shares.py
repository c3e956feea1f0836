"""One address, or one member, takes all the ports that it can get: a stranger still gets one."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from support.metrics import FOLD_LIMIT, metric
from support.ports import free_ports
from support.relay import SECRETS, Relay, connecting, time_limited
from support.stun import Attribute
from support.transports import Peer
from support.turnclient import Client
from support.waiting import eventually

StartRelay = Callable[..., Relay]
EVEN_AND_NEXT = (Attribute.EVEN_PORT, b"\x80")
ATTACKER = "127.201.0.1"
FEW = 41
"""As many ports as docker-compose.yml publishes."""


def with_defaults(start_relay: StartRelay, count: int = FEW, **settings: object) -> Relay:
    """A relay with so many ports and the limits that it has when nothing is set."""
    ports = free_ports(count)
    limits = {"RELAY_USER_QUOTA": 12, "RELAY_ADDRESS_QUOTA": 64, "RELAY_ALLOCATIONS_PER_MINUTE": 300}
    return start_relay(**({"RELAY_MIN_PORT": ports[0], "RELAY_MAX_PORT": ports[-1]} | limits | settings))


def member(id: str) -> tuple[str, str]:
    """The credentials of somebody who has joined a room."""
    name = f"{int(time.time()) + 600}:{id}"
    return name, time_limited(SECRETS[0], name)


def count_hits(relay: Relay, quota: str) -> float:
    return metric(relay, "switchboard_relay_quota_hits_total", quota=quota)


@pytest.mark.parametrize("uses", [False, True], ids=["unused", "used"])
def test_who_makes_and_ends_allocations_without_end_leaves_ports_to_others(
    start_relay: StartRelay, uses: bool
) -> None:
    """Five members of rooms of its own, one address."""
    relay = with_defaults(start_relay)
    with connecting(relay) as connect, Peer() as peer:
        members = [connect("udp4", *member(f"member {number}"), source=ATTACKER) for number in range(5)]
        made = 0
        for number in range(150):
            client = members[number % len(members)]
            answer = client.try_allocate()
            if not answer.succeeded:
                assert answer.error == 486
                continue
            made += 1
            if uses:
                assert client.permit(peer.endpoint).succeeded
                client.send(b"used", peer.endpoint)
            assert client.refresh(0).succeeded
        if uses:
            assert made <= FEW * 3 // 4 + 1
            eventually(lambda: count_hits(relay, "address_share") > 0, FOLD_LIMIT, "it is counted")
        else:
            assert made == 150
        connect("udp4", *member("stranger"), source="127.201.0.2").allocate()
        connect("tcp4", *member("stranger")).allocate()


def test_a_member_that_asks_for_pairs_in_vain_leaves_ports_to_others(start_relay: StartRelay) -> None:
    """What it has leaves room for one allocation more, and a pair takes two."""
    relay = with_defaults(start_relay)
    with connecting(relay) as connect:
        user = member("greedy")
        for _ in range(11):
            connect("udp4", *user, source=ATTACKER).allocate()
        greedy = connect("udp4", *user, source=ATTACKER)
        for _ in range(100):
            assert greedy.try_allocate(EVEN_AND_NEXT).error == 486
        others = [connect("udp4", *member(f"other {number}")) for number in range(FEW - 11)]
        for other in others:
            other.allocate()
        assert connect("udp4", *member("too late")).try_allocate().error == 508


def test_an_address_may_begin_so_many_allocations_a_minute(start_relay: StartRelay) -> None:
    relay = with_defaults(start_relay, 512, RELAY_ALLOCATIONS_PER_MINUTE=10)
    with connecting(relay) as connect:
        clients = [
            connect(transport, *member(transport), source=ATTACKER) for transport in ("udp4", "tcp4")
        ]
        codes = [make_and_end(clients[number % 2]) for number in range(40)]
        # On a busy machine one or two more may be had meanwhile, each six seconds.
        assert set(codes) == {0, 486} and codes[:10] == [0] * 10, codes
        assert make_and_end(connect("udp4", *member("one"), source="127.201.0.3")) == 0
        eventually(lambda: count_hits(relay, "address_rate") > 0, FOLD_LIMIT, "it is counted")


def make_and_end(client: Client) -> int:
    """The error code of an Allocate; what it made is ended."""
    answer = client.try_allocate()
    if answer.succeeded:
        assert client.refresh(0).succeeded
    return answer.error
