"""Addresses that no client may reach through a relay by default, and their neighbours that one may."""

from __future__ import annotations

import ipaddress

RANGES = {
    "this network": "0.0.0.0/8",
    "private 10": "10.0.0.0/8",
    "carrier-grade NAT": "100.64.0.0/10",
    "loopback": "127.0.0.0/8",
    "link-local": "169.254.0.0/16",
    "private 172": "172.16.0.0/12",
    "protocol assignments": "192.0.0.0/24",
    "documentation 1": "192.0.2.0/24",
    "6to4 relays": "192.88.99.0/24",
    "private 192": "192.168.0.0/16",
    "benchmarking": "198.18.0.0/15",
    "documentation 2": "198.51.100.0/24",
    "documentation 3": "203.0.113.0/24",
    "multicast": "224.0.0.0/4",
    "reserved and broadcast": "240.0.0.0/4",
    "metadata of a cloud": "169.254.169.254/32",
    "metadata of Azure": "168.63.129.16/32",
    "metadata of Alibaba": "100.100.100.200/32",
}

RANGES_V6 = {
    "unspecified": "::/128",
    "loopback": "::1/128",
    "IPv4-compatible": "::/96",
    "NAT64": "64:ff9b::/96",
    "local NAT64": "64:ff9b:1::/48",
    "discard": "100::/64",
    "protocol assignments with Teredo": "2001::/23",
    "documentation": "2001:db8::/32",
    "6to4": "2002::/16",
    "documentation 2": "3fff::/20",
    "segment routing": "5f00::/16",
    "unique local": "fc00::/7",
    "metadata of a cloud": "fd00:ec2::254/128",
    "link-local": "fe80::/10",
    "site-local": "fec0::/10",
    "multicast": "ff00::/8",
}

WRAPPED_V4 = [
    "127.0.0.1",
    "0.0.0.0",
    "10.1.2.3",
    "169.254.169.254",
    "192.168.0.1",
    "224.0.0.1",
    "255.255.255.255",
]
"""Addresses that are denied under every disguise."""


def ends(network: str) -> list[str]:
    """The first, the last and a middle address of a range."""
    found = ipaddress.ip_network(network)
    return sorted({str(found[0]), str(found[-1]), str(found[found.num_addresses // 2])})


def disguises(host: str) -> dict[str, str]:
    """The IPv6 addresses that some translator or tunnel turns into this IPv4 address."""
    number = int(ipaddress.IPv4Address(host))

    def made(*parts: tuple[int, int]) -> str:
        return str(ipaddress.IPv6Address(sum(value << shift for value, shift in parts)))

    return {
        "mapped": made((0xFFFF, 32), (number, 0)),
        "compatible": made((number, 0)),
        "translated": made((0xFFFF, 48), (number, 0)),
        "NAT64": made((0x0064_FF9B, 96), (number, 0)),
        "6to4": made((0x2002, 112), (number, 80), (1, 0)),
        "Teredo": made((0x2001_0000, 96), (0x0808_0808, 64), (number ^ 0xFFFF_FFFF, 0)),
    }


DENIED_V4 = {f"{name} {host}": host for name, network in RANGES.items() for host in ends(network)}

DENIED_V6 = {f"{name} {host}": host for name, network in RANGES_V6.items() for host in ends(network)} | {
    f"{form} {host}": wrapped for host in WRAPPED_V4 for form, wrapped in disguises(host).items()
}

ALLOWED_V4 = [
    "1.0.0.0", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
    "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "191.255.255.255",
    "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0",
    "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255", "203.0.114.0",
    "223.255.255.255", "168.63.129.15", "168.63.129.17",
]  # fmt: skip

ALLOWED_V6 = [
    "2001:200::", "2001:4860:4860::8888", "2001:db7:ffff::1", "2001:db9::1", "2003::1", "2620:fe::fe",
    "2a00::1", "3ffe:ffff::1", "3fff:1000::1", "2001:ffff::1", "2003::",
]  # fmt: skip

REFLECTION_PORTS = [53, 123, 161, 389, 1900, 11211]
