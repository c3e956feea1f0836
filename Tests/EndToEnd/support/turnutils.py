"""Debian's turnutils: coturn's own test clients, and the peer that sends back whatever it is sent."""

from __future__ import annotations

import contextlib
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from support.ports import free_port, is_bound
from support.turnservers import TurnConf
from support.waiting import eventually


@dataclass(frozen=True)
class Run:
    """How a run of turnutils_uclient ended. The code is None for one that had to be stopped."""

    code: int | None
    output: str

    @property
    def sent(self) -> int:
        return self._total(r"tot_send_msgs=(\d+)")

    @property
    def received(self) -> int:
        return self._total(r"tot_recv_msgs=(\d+)")

    @property
    def lost(self) -> int:
        return self._total(r"Total lost packets (\d+)")

    def _total(self, pattern: str) -> int:
        """The last count of its kind in the output; -1 if it never came to counting."""
        counts = re.findall(pattern, self.output)
        return int(counts[-1]) if counts else -1


def uclient(conf: TurnConf, *arguments: str, limit: float, credentials: tuple[str, ...] = ()) -> Run:
    """Runs turnutils_uclient against a server, as the user of its shared secret unless told otherwise."""
    port = conf.tls_port if "-S" in arguments else conf.port
    who = credentials or ("-u", "someone", "-W", conf.secret)
    command = ["turnutils_uclient", *who, "-p", str(port), *arguments, conf.addresses[0]]
    try:
        finished = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit
        )
    except subprocess.TimeoutExpired as expired:
        return Run(None, (expired.stdout or b"").decode(errors="replace"))
    return Run(finished.returncode, finished.stdout.decode(errors="replace"))


def stunclient(conf: TurnConf) -> Run:
    """Asks a server for the address it sees, with turnutils_stunclient."""
    finished = subprocess.run(
        ["turnutils_stunclient", "-p", str(conf.port), conf.addresses[0]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=20,
    )
    return Run(finished.returncode, finished.stdout.decode(errors="replace"))


@contextlib.contextmanager
def echo_peer() -> Iterator[int]:
    """turnutils_peer on 127.0.0.1 and ::1; gives its port."""
    port = free_port()
    command = ["turnutils_peer", "-L", "127.0.0.1", "-L", "::1", "-p", str(port)]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        eventually(
            lambda: all(is_bound(process.pid, "udp", host, port) for host in ("127.0.0.1", "::1")),
            10,
            "turnutils_peer is there",
        )
        yield port
    finally:
        process.kill()
        process.wait()
