"""Writes PROXY protocol headers (https://www.haproxy.org/download/2.8/doc/proxy-protocol.txt), right and wrong ones."""

from __future__ import annotations

import ipaddress
import struct

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
LOCAL, PROXY = 0x20, 0x21
UNSPEC, TCP4, TCP6 = 0x00, 0x11, 0x21


def version1(source: str, destination: str = "192.0.2.1", port: int = 40_000) -> bytes:
    """The line of version 1 for a connection between two addresses of one family."""
    family = "TCP6" if ":" in source else "TCP4"
    return f"PROXY {family} {source} {destination} {port} 443\r\n".encode()


def version2(source: str, destination: str = "192.0.2.1", port: int = 40_000, extra: bytes = b"") -> bytes:
    """The binary header of version 2; `extra` is what stands behind the addresses."""
    family = TCP6 if ":" in source else TCP4
    addresses = b"".join(ipaddress.ip_address(address).packed for address in (source, destination))
    return raw_version2(PROXY, family, addresses + struct.pack("!HH", port, 443) + extra)


def raw_version2(command: int, family: int, block: bytes = b"") -> bytes:
    return SIGNATURE + struct.pack("!BBH", command, family, len(block)) + block
