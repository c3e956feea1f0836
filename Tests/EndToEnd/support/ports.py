"""Ports for servers that have to be told theirs before they start, and whether they have them."""

from __future__ import annotations

import ipaddress
import os
import pathlib
import random
import socket

FIRST = 10_000


def free_port() -> int:
    """A port that nothing uses now, neither over UDP nor over TCP, and that nobody is given by chance."""
    return free_ports(1)[0]


def free_ports(count: int) -> range:
    """So many of them in a row, from an even one."""
    ours = our_ports()
    while True:
        start = random.randrange(ours.start, ours.stop - count, 2)
        ports = range(start, start + count)
        if all(_is_free(port) for port in ports):
            return ports


def our_ports() -> range:
    """The ports that this process may take. They are below those that systems and relays choose from.

    Processes that run tests side by side share them out, so that none takes a port between another's look and use.
    """
    first_chosen = int(pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    end = first_chosen if 20_000 < first_chosen < 49_152 else 49_152
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    share = (end - FIRST) // workers // 2 * 2
    return range(FIRST + number * share, FIRST + (number + 1) * share)


def _is_free(port: int) -> bool:
    with (
        socket.socket(socket.AF_INET6) as stream,
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as datagram,
    ):
        try:
            stream.bind(("::", port))
            datagram.bind(("::", port))
        except OSError:
            return False
    return True


def is_bound(pid: int, protocol: str, host: str, port: int) -> bool:
    """Whether a process's network has a UDP socket with this local address, or a TCP one that listens."""
    address = ipaddress.ip_address(host)
    table = pathlib.Path(f"/proc/{pid}/net/{protocol}{'6' if address.version == 6 else ''}")
    words = [address.packed[at : at + 4][::-1].hex().upper() for at in range(0, len(address.packed), 4)]
    local = f"{''.join(words)}:{port:04X}"
    state = "0A" if protocol == "tcp" else "07"
    return any(line.split()[1] == local and line.split()[3] == state for line in table.open())
