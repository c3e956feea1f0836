"""Ports for servers that have to be told theirs before they start, and whether they have them."""

from __future__ import annotations

import ipaddress
import pathlib
import socket


def free_port() -> int:
    """A port that nothing uses now, neither over UDP nor over TCP, below those that relays take."""
    while True:
        with socket.socket(socket.AF_INET6) as stream:
            stream.bind(("::", 0))
            port = int(stream.getsockname()[1])
            with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as datagram:
                try:
                    datagram.bind(("::", port))
                except OSError:
                    continue
        if port < 49152:
            return port


def is_bound(pid: int, protocol: str, host: str, port: int) -> bool:
    """Whether a process's network has a UDP socket with this local address, or a TCP one that listens."""
    address = ipaddress.ip_address(host)
    table = pathlib.Path(f"/proc/{pid}/net/{protocol}{'6' if address.version == 6 else ''}")
    words = [address.packed[at : at + 4][::-1].hex().upper() for at in range(0, len(address.packed), 4)]
    local = f"{''.join(words)}:{port:04X}"
    state = "0A" if protocol == "tcp" else "07"
    return any(line.split()[1] == local and line.split()[3] == state for line in table.open())
