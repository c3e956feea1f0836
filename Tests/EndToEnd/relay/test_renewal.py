"""A call outlives its allocations, permissions, channels and nonces, which are short-lived here."""

from __future__ import annotations

import asyncio
import functools
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import aioice.stun
import aioice.turn
import pytest
from aioice.stun import Method

from support.certificates import Certificate
from support.deployment import Deployment, deployment, over
from support.iceagent import connected, exchange
from support.turnservers import TRANSPORTS, Transport

LIMIT = 60.0
RENEWALS = 2
PAUSE = 0.05
# Seconds. Renewing a channel renews its permission.
ALLOCATION, PERMISSION, CHANNEL, NONCE = 3, 2, 2, 2

Counts = Counter[Method | int]
"""How often a method succeeded, and how often an error code was answered."""


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[Deployment]:
    settings: dict[str, Any] = {
        "RELAY_ALLOCATION_LIFETIME": ALLOCATION,
        "RELAY_MAX_ALLOCATION_LIFETIME": ALLOCATION,
        "RELAY_PERMISSION_LIFETIME": PERMISSION,
        "RELAY_CHANNEL_LIFETIME": CHANNEL,
        "RELAY_NONCE_LIFETIME": NONCE,
    }
    with deployment("embedded", tmp_path_factory.mktemp("short"), certificate, **settings) as running:
        yield running


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> Counts:
    """What aioice's TURN clients are answered from here on; they renew channels every second."""
    counts: Counts = Counter()
    request = aioice.turn.TurnClientMixin.request

    async def counting(client: aioice.turn.TurnClientMixin, message: aioice.stun.Message) -> object:
        try:
            answer = await request(client, message)
        except aioice.stun.TransactionFailed as failure:
            counts[failure.response.error_code or 0] += 1
            raise
        counts[message.message_method] += 1
        return answer

    eager = functools.partial(aioice.turn.create_turn_endpoint, channel_refresh_time=1)
    monkeypatch.setattr(aioice.turn.TurnClientMixin, "request", counting)
    monkeypatch.setattr(aioice.turn, "create_turn_endpoint", eager)
    return counts


async def talk_until(enough: Callable[[], bool], relay: Deployment, transport: Transport) -> None:
    first, second = relay.pair_of_ice_servers()
    async with connected(over(transport, first), over(transport, second)) as agents:
        number = 0
        while not enough():
            await exchange(agents, f"packet {number}".encode())
            await asyncio.sleep(PAUSE)
            number += 1


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_aioice_renews_everything_and_loses_nothing(
    relay: Deployment,
    certificate: Certificate,
    counts: Counts,
    transport: Transport,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))

    def enough() -> bool:
        """Each of the two clients has renewed everything more than once, and had to take new nonces."""
        channels = counts[Method.CHANNEL_BIND] // 2 - 1
        return min(counts[Method.REFRESH] // 2, channels, counts[438] // 2) >= RENEWALS

    asyncio.run(asyncio.wait_for(talk_until(enough, relay, transport), LIMIT))
    assert counts[Method.ALLOCATE] == 2
    assert set(counts) == {Method.ALLOCATE, Method.CHANNEL_BIND, Method.REFRESH, 401, 438}, counts
