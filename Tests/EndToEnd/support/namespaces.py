"""Networks of namespaces: an internet with a server in it, and clients in homes behind NATs of their own."""

from __future__ import annotations

import contextlib
import os
import pathlib
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence

import pytest

CAP_SYS_ADMIN = 21
# Public addresses, as a relay refuses peers in ranges that are set aside for documents and tests. Nothing
# that happens here leaves the machine.
SERVER = "11.0.0.1"
HOMES = ("11.0.0.11", "11.0.0.12")
ELSEWHERE = "11.0.0.254"
# A NAT that gives every destination another port and lets in only what was asked for: nothing but a relay
# leads from one such home into another.
SYMMETRIC_NAT = """
table ip nat {
  chain out { type nat hook postrouting priority srcnat; oifname "wan" masquerade random, fully-random; }
}
table ip filter {
  chain in { type filter hook forward priority filter; policy drop;
    iifname "lan" accept; ct state established,related accept; }
}
"""


def needs_namespaces() -> pytest.MarkDecorator:
    """Skips where the kernel would not let us: for anybody but root with all its rights."""
    status = pathlib.Path("/proc/self/status").read_text()
    rights = int(status.split("CapEff:")[1].split()[0], 16)
    allowed = bool(rights >> CAP_SYS_ADMIN & 1)
    return pytest.mark.skipif(not allowed, reason="network namespaces need root (CAP_SYS_ADMIN)")


def program(name: str) -> str:
    """Debian puts these where ordinary users do not look."""
    return shutil.which(name) or f"/usr/sbin/{name}"


def run(*command: str, stdin: str = "") -> None:
    finished = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=20)
    assert finished.returncode == 0, f"{' '.join(command)}: {finished.stderr}"


class Namespace:
    """One network namespace, with its loopback up."""

    def __init__(self, name: str) -> None:
        self.name = name
        run(program("ip"), "netns", "add", name)
        self.ip("link", "set", "lo", "up")

    @property
    def launcher(self) -> Sequence[str]:
        """What to put in front of a command that is to run in here; the process is the command's own."""
        return (program("ip"), "netns", "exec", self.name)

    def run(self, *command: str, stdin: str = "") -> None:
        run(*self.launcher, *command, stdin=stdin)

    def ip(self, *arguments: str) -> None:
        run(program("ip"), "-n", self.name, *arguments)

    def connect(self, device: str, address: str, other: Namespace, other_device: str) -> None:
        """A cable from a new device here, with this address (and /length), to a new one elsewhere."""
        peer = ("peer", "name", other_device, "netns", other.name)
        self.ip("link", "add", device, "type", "veth", *peer)
        self.ip("address", "add", address, "dev", device)
        self.ip("link", "set", device, "up")
        other.ip("link", "set", other_device, "up")

    def delete(self) -> None:
        run(program("ip"), "netns", "delete", self.name)


@contextlib.contextmanager
def internet_with_two_homes() -> Iterator[tuple[Namespace, tuple[Namespace, Namespace]]]:
    """The namespace of a server at `SERVER`, and those of two clients, each behind a NAT of its own."""
    prefix = f"sb-{os.getpid()}-{secrets.token_hex(2)}"
    with contextlib.ExitStack() as made:

        def make(name: str) -> Namespace:
            namespace = Namespace(f"{prefix}-{name}")
            made.callback(namespace.delete)
            return namespace

        internet, server = make("internet"), make("server")
        internet.ip("link", "add", "hub", "type", "bridge")
        internet.ip("address", "add", f"{ELSEWHERE}/24", "dev", "hub")
        internet.ip("link", "set", "hub", "up")
        server.connect("wan", f"{SERVER}/24", internet, "server")
        internet.ip("link", "set", "server", "master", "hub")
        # Packets for the rest of the world leave the server, as they do anywhere, and are heard of no more.
        server.ip("route", "add", "default", "via", ELSEWHERE)
        homes = [make(f"home{number}") for number in (1, 2)]
        for number, (home, address) in enumerate(zip(homes, HOMES), start=1):
            router = make(f"router{number}")
            router.connect("wan", f"{address}/24", internet, f"home{number}")
            internet.ip("link", "set", f"home{number}", "master", "hub")
            home.connect("lan", f"192.168.{number}.2/24", router, "lan")
            router.ip("address", "add", f"192.168.{number}.1/24", "dev", "lan")
            home.ip("route", "add", "default", "via", f"192.168.{number}.1")
            router.run("sysctl", "-qw", "net.ipv4.ip_forward=1")
            router.run(program("nft"), "-f", "-", stdin=SYMMETRIC_NAT)
        yield server, (homes[0], homes[1])
