"""aioice's TURN client, bare and below its ICE agents, through the relay."""

from __future__ import annotations

import asyncio

import pytest

from support.certificates import Certificate
from support.deployment import Deployment, IceServer, over
from support.iceagent import connected, exchange
from support.turnservers import TRANSPORTS, Transport

LIMIT = 30.0
SIZES = [1, 2, 3, 4, 100, 1_023, 1_200]


async def talk(first: list[IceServer], second: list[IceServer]) -> None:
    async with connected(first, second) as agents:
        for size in SIZES:
            await exchange(agents, bytes([size % 251]) * size)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_two_agents_connect(
    relaying: Deployment, certificate: Certificate, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
    first, second = relaying.pair_of_ice_servers()
    asyncio.run(asyncio.wait_for(talk(over(transport, first), over(transport, second)), LIMIT))


@pytest.mark.parametrize("ways", [("udp", "tls"), ("tcp", "udp"), ("tls", "tcp")])
def test_two_agents_connect_although_their_ways_to_the_relay_differ(
    relaying: Deployment,
    certificate: Certificate,
    ways: tuple[Transport, Transport],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
    first, second = relaying.pair_of_ice_servers()
    asyncio.run(asyncio.wait_for(talk(over(ways[0], first), over(ways[1], second)), LIMIT))
