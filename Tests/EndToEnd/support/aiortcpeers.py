"""Two aiortc peers in a call that may go through the relay only."""

from __future__ import annotations

import asyncio

from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCPeerConnection,
    VideoStreamTrack,
)
from aiortc.rtcconfiguration import RTCIceTransportPolicy

from support.deployment import IceServer

LIMIT = 45.0
MESSAGES = [f"message {number}" for number in range(200)]
FRAMES = 20


class Peer:
    """One end of a call that may go through the relay only."""

    def __init__(self, servers: list[IceServer]) -> None:
        ice_servers = [RTCIceServer(**server) for server in servers]
        self.connection = RTCPeerConnection(
            RTCConfiguration(ice_servers, iceTransportPolicy=RTCIceTransportPolicy.RELAY)
        )
        self.connection.addTrack(VideoStreamTrack())
        self.received: list[object] = []
        self.all_received = asyncio.Event()
        self.track: asyncio.Future[MediaStreamTrack] = asyncio.get_running_loop().create_future()
        self.connection.on("track", self.track.set_result)
        self.connection.on("datachannel", self.adopt)

    def adopt(self, channel: RTCDataChannel) -> None:
        channel.on("message", self._receive)
        if channel.readyState == "open":
            self._send_all(channel)
        else:
            channel.on("open", lambda: self._send_all(channel))

    def _send_all(self, channel: RTCDataChannel) -> None:
        for message in MESSAGES:
            channel.send(message)

    def _receive(self, message: object) -> None:
        self.received.append(message)
        if len(self.received) == len(MESSAGES):
            self.all_received.set()

    def assert_only_relayed(self) -> None:
        sdp = self.connection.localDescription.sdp
        candidates = [line for line in sdp.splitlines() if line.startswith("a=candidate:")]
        assert candidates and all(" typ relay" in line for line in candidates), sdp


async def call(first: list[IceServer], second: list[IceServer]) -> None:
    caller, callee = Peer(first), Peer(second)
    try:
        caller.adopt(caller.connection.createDataChannel("messages"))
        await caller.connection.setLocalDescription(await caller.connection.createOffer())
        await callee.connection.setRemoteDescription(caller.connection.localDescription)
        await callee.connection.setLocalDescription(await callee.connection.createAnswer())
        await caller.connection.setRemoteDescription(callee.connection.localDescription)
        for peer in (caller, callee):
            peer.assert_only_relayed()
            await peer.all_received.wait()
            assert peer.received == MESSAGES
            track = await peer.track
            for _ in range(FRAMES):
                await track.recv()
    finally:
        await asyncio.gather(caller.connection.close(), callee.connection.close())
