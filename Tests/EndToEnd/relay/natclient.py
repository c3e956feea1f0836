"""Run as a program in a client's network: joins a room and connects by ICE to whoever else is there.

usage: natclient.py SERVER ROOM yes|no    (whether the relay may be used)

Prints `connected` once a greeting has come from the other one, or `failed:` and why.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any
from urllib.parse import urlsplit

import aioice.stun
from websockets.asyncio.client import ClientConnection, connect

# Checks are given up after four tries, 7.5 seconds.
aioice.stun.RETRY_MAX = 3
CONNECT_LIMIT = 40.0
GREETING = b"Is anybody there?"


def server_of(ice_servers: list[dict[str, Any]], scheme: str) -> tuple[tuple[str, int], dict[str, Any]]:
    """Address and ICE server of the first URL of this scheme over UDP."""
    for server in ice_servers:
        urls = server["urls"] if isinstance(server["urls"], list) else [server["urls"]]
        for url in urls:
            if url.startswith(f"{scheme}:") and not url.endswith("transport=tcp"):
                parts = urlsplit(url.replace(":", "://", 1))
                return (str(parts.hostname), parts.port or 3478), server
    raise LookupError(f"no {scheme} server among {ice_servers}")


def agent(ice_servers: list[dict[str, Any]], controlling: bool, may_relay: bool) -> aioice.Connection:
    address, server = server_of(ice_servers, "turn")
    relay = {
        "turn_server": address,
        "turn_username": server["username"],
        "turn_password": server["credential"],
    }
    return aioice.Connection(
        ice_controlling=controlling, stun_server=address, use_ipv6=False, **(relay if may_relay else {})
    )


def description(connection: aioice.Connection) -> str:
    candidates = [candidate.to_sdp() for candidate in connection.local_candidates]
    return json.dumps([connection.local_username, connection.local_password, candidates])


async def expect(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        message: dict[str, Any] = json.loads(await socket.recv())
        assert message["type"] != "error", message
        if message["type"] == kind:
            return message


async def connect_to_other(socket: ClientConnection, room: str, may_relay: bool) -> aioice.Connection:
    await socket.send(json.dumps({"type": "join_room", "roomId": room}))
    joined = await expect(socket, "room_joined")
    controlling = (await expect(socket, "room_ready"))["isInitiator"]
    connection = agent(joined["iceServers"], controlling, may_relay)
    await connection.gather_candidates()
    mine, theirs = ("webrtc_offer", "webrtc_answer") if controlling else ("webrtc_answer", "webrtc_offer")
    if controlling:
        await socket.send(json.dumps({"type": mine, "sdp": description(connection)}))
    username, password, candidates = json.loads((await expect(socket, theirs))["sdp"])
    if not controlling:
        await socket.send(json.dumps({"type": mine, "sdp": description(connection)}))
    connection.remote_username, connection.remote_password = username, password
    for candidate in candidates:
        await connection.add_remote_candidate(aioice.Candidate.from_sdp(candidate))
    await connection.add_remote_candidate(None)
    await connection.connect()
    return connection


async def main(server: str, room: str, may_relay: bool) -> None:
    async with connect(f"ws://{server}/", proxy=None) as socket:
        try:
            connection = await connect_to_other(socket, room, may_relay)
        except ConnectionError as failure:
            print(f"failed: {failure}")
            return
        await connection.send(GREETING)
        assert await connection.recv() == GREETING
        print("connected", flush=True)
        await connection.close()


asyncio.run(asyncio.wait_for(main(sys.argv[1], sys.argv[2], sys.argv[3] == "yes"), CONNECT_LIMIT))
