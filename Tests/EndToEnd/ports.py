"""Ports for servers that have to be told theirs before they start."""

from __future__ import annotations

import contextlib
import socket


def free_port() -> int:
    """A loopback port that nothing listens on at the moment, neither on UDP nor on TCP."""
    while True:
        with socket.socket() as stream, socket.socket(type=socket.SOCK_DGRAM) as datagram:
            stream.bind(("127.0.0.1", 0))
            port = int(stream.getsockname()[1])
            with contextlib.suppress(OSError):  # somebody has the UDP port of this number
                datagram.bind(("127.0.0.1", port))
                return port
