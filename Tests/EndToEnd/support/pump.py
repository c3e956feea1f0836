"""Floods a connection the way a client would that never waits, and notices when the server holds it back."""

from __future__ import annotations

import json
import selectors
import socket
import time
from collections.abc import Callable

from support import frames
from support.frames import FrameReader
from support.wsclient import parse

SDP_OCTETS = 47 * 1024
PING = frames.text('{"type":"ping"}')


def offer(number: int) -> bytes:
    sdp = f"{number}:".ljust(SDP_OCTETS, "x")
    return frames.text(json.dumps({"type": "webrtc_offer", "sdp": sdp}))


class Pump:
    """Writes as much as the server takes while it reads what comes; knows how long nothing was taken."""

    def __init__(self, socket_: socket.socket) -> None:
        self._socket = socket_
        self._socket.setblocking(False)
        self._reader = FrameReader()
        self._unsent = bytearray()
        self._last_progress = time.monotonic()
        self.sent = 0
        self.longest_block = 0.0
        self.messages: list[dict[str, object]] = []

    def enqueue(self, data: bytes) -> None:
        self._unsent += data

    @property
    def unsent(self) -> int:
        return len(self._unsent)

    @property
    def blocked_for(self) -> float:
        return time.monotonic() - self._last_progress

    def run(
        self, condition: Callable[[], bool], limit: float, refill: Callable[[], bytes] | None = None
    ) -> None:
        deadline = time.monotonic() + limit
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while not condition():
                assert time.monotonic() < deadline, (
                    f"not in {limit} s; sent {self.sent}, got {self.messages[-3:]}"
                )
                if refill is not None and len(self._unsent) < 100_000:
                    self.enqueue(refill())
                wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
                selector.modify(self._socket, wanted)
                for _, ready in selector.select(0.05):
                    if ready & selectors.EVENT_WRITE:
                        self._write()
                    if ready & selectors.EVENT_READ:
                        self._read()

    def _write(self) -> None:
        count = self._socket.send(memoryview(self._unsent)[:65536])
        self.longest_block = max(self.longest_block, self.blocked_for)
        self._last_progress = time.monotonic()
        self.sent += count
        del self._unsent[:count]

    def _read(self) -> None:
        data = self._socket.recv(1 << 16)
        assert data, "the server closed the sender's connection"
        self._reader.feed(data)
        while (received := self._reader.next()) is not None:
            assert received.opcode == frames.TEXT, received
            self.messages.append(parse(received.payload.decode()))

    def run_until_held(self) -> None:
        """Floods until the server has taken nothing for a while."""
        self._last_progress = time.monotonic()
        self.run(lambda: self.blocked_for > 0.3, limit=10, refill=lambda: offer(0))

    def run_until_ponged(self, limit: float) -> None:
        """Sends what is left and a ping, which is answered when all before it has been taken and handled."""
        self.enqueue(PING)
        self.run(lambda: bool(self.messages) and self.messages[-1]["type"] == "pong", limit)
