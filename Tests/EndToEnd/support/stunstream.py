"""Cuts a stream from a relay into messages and ChannelData (RFC 8656, 12.5)."""

from __future__ import annotations

import struct
from typing import NamedTuple

from support.stun import HEADER_BYTES, Malformed


class Frame(NamedTuple):
    """A piece of a stream: a STUN message, or ChannelData without its padding."""

    channel: int | None
    octets: bytes
    """The message, or the payload."""


class Framer:
    """What has arrived on a stream and was not taken yet."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def next(self) -> Frame | None:
        if len(self._buffer) < 4:
            return None
        first, length = struct.unpack_from("!HH", self._buffer)
        is_message = first < 0x4000
        whole = length + HEADER_BYTES if is_message else length + 4
        padded = whole + -whole % 4
        if first >= 0x8000 or (is_message and padded != whole):
            raise Malformed(f"stream out of step: {bytes(self._buffer[:20]).hex()}")
        if len(self._buffer) < padded:
            return None
        octets = bytes(self._buffer[:whole])
        if any(self._buffer[whole:padded]):
            raise Malformed("padding of ChannelData has octets of something else")
        del self._buffer[:padded]
        return Frame(None, octets) if is_message else Frame(first, octets[4:])

    @property
    def rest(self) -> bytes:
        return bytes(self._buffer)
