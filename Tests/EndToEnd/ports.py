"""Ports for servers that have to be told theirs before they start, and whether they have them."""

from __future__ import annotations

import contextlib
import ipaddress
import pathlib
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


def is_bound(pid: int, protocol: str, host: str, port: int) -> bool:
    """Whether the network of a process has a UDP socket with this local address, or a TCP one that listens."""
    address = ipaddress.ip_address(host)
    table = pathlib.Path(f"/proc/{pid}/net/{protocol}{'6' if address.version == 6 else ''}")
    words = [address.packed[at : at + 4][::-1].hex().upper() for at in range(0, len(address.packed), 4)]
    local = f"{''.join(words)}:{port:04X}"
    state = "0A" if protocol == "tcp" else "07"
    return any(line.split()[1] == local and line.split()[3] == state for line in table.open())
