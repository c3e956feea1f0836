"""Two ICE agents of aioice that may use the relay only, and what is said between them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aioice

from support.deployment import IceServer


def agent(servers: list[IceServer], *, controlling: bool) -> aioice.Connection:
    """An agent of the first URL of the first server, relay only."""
    server = servers[0]
    url = urlsplit(server["urls"][0].replace(":", "://", 1))
    return aioice.Connection(
        ice_controlling=controlling,
        turn_server=(url.hostname or "", url.port or 0),
        turn_username=server["username"],
        turn_password=server["credential"],
        turn_ssl=url.scheme == "turns",
        turn_transport=url.query.removeprefix("transport="),
        transport_policy=aioice.TransportPolicy.RELAY,
    )


@contextlib.asynccontextmanager
async def connected(
    first: list[IceServer], second: list[IceServer]
) -> AsyncIterator[tuple[aioice.Connection, aioice.Connection]]:
    """Both agents, once they have found each other."""
    agents = agent(first, controlling=True), agent(second, controlling=False)
    try:
        for local in agents:
            await local.gather_candidates()
            assert [candidate.type for candidate in local.local_candidates] == ["relay"]
        for local, remote in (agents, agents[::-1]):
            for candidate in remote.local_candidates:
                await local.add_remote_candidate(candidate)
            await local.add_remote_candidate(None)
            local.remote_username, local.remote_password = remote.local_username, remote.local_password
        await asyncio.gather(*(local.connect() for local in agents))
        yield agents
    finally:
        await asyncio.gather(*(local.close() for local in agents))


async def exchange(agents: tuple[aioice.Connection, aioice.Connection], payload: bytes) -> None:
    """One packet each way; each must arrive as it was."""
    for sender, receiver in (agents, agents[::-1]):
        await sender.send(payload)
        assert await receiver.recv() == payload
