"""A turnserver.conf for the embedded relay and for Debian's coturn alike, and the latter as a process."""

from __future__ import annotations

import base64
import hashlib
import hmac
import pathlib
import secrets
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from support.certificates import Certificate
from support.ports import free_port, is_bound
from support.waiting import eventually

Transport = Literal["udp", "tcp", "tls"]
TRANSPORTS: tuple[Transport, ...] = ("udp", "tcp", "tls")
START_LIMIT = 15.0
REALM = "switchboard"
STATIC_USER = ("testuser", "testpass")


@dataclass(frozen=True)
class TurnConf:
    """A turnserver.conf and what a client has to know of it."""

    path: pathlib.Path
    addresses: Sequence[str]
    port: int
    tls_port: int
    secret: str

    def credential(self, user: str = "someone", lifetime: int = 600) -> tuple[str, str]:
        """A username that is good for so many seconds, and its password, as the shared secret makes them."""
        username = f"{int(time.time()) + lifetime}:{user}"
        digest = hmac.digest(self.secret.encode(), username.encode(), hashlib.sha1)
        return username, base64.b64encode(digest).decode()


def write_conf(
    directory: pathlib.Path,
    certificate: Certificate,
    *options: str,
    addresses: Sequence[str] = ("127.0.0.1", "::1"),
    static_user: bool = False,
) -> TurnConf:
    """One with room for a test's many clients, and with further lines as they are given.

    Its users come from a shared secret, or there is one static user: coturn does not take both.
    """
    path = directory / "turnserver.conf"
    conf = TurnConf(path, addresses, free_port(), free_port(), secrets.token_hex(16))
    secret = ["use-auth-secret", f"static-auth-secret={conf.secret}"]
    users = ["lt-cred-mech", f"user={':'.join(STATIC_USER)}"] if static_user else secret
    lines = [
        f"listening-port={conf.port}",
        f"tls-listening-port={conf.tls_port}",
        *(f"{option}={address}" for option in ("listening-ip", "relay-ip") for address in addresses),
        *users,
        f"realm={REALM}",
        "user-quota=400",
        "total-quota=1000",
        f"cert={certificate.cert}",
        f"pkey={certificate.key}",
        "allow-loopback-peers",
        "no-cli",
        *options,
    ]
    path.write_text("\n".join(lines) + "\n")
    return conf


class Coturn:
    """Debian's turnserver as a process of its own, with nothing of the machine's configuration."""

    def __init__(self, conf: TurnConf, launcher: Sequence[str] = ()) -> None:
        """The launcher is the command that is to run it, for example one that enters a namespace."""
        self.conf = conf
        self._log = conf.path.with_name("coturn.log")
        self._command = [
            *launcher,
            shutil.which("turnserver") or "/usr/bin/turnserver",
            *("-c", str(conf.path), "--no-rfc5780", "--log-file", "stdout"),
            *("--pidfile", str(conf.path.with_name("coturn.pid"))),
            *("--userdb", str(conf.path.with_name("coturn.db"))),
        ]

    def __enter__(self) -> Coturn:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.conf.path.parent
            )
        eventually(self._is_ready, START_LIMIT, "coturn has started")
        return self

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, self._log.read_text(errors="replace")
        return all(
            is_bound(self._process.pid, protocol, host, port)
            for protocol in ("udp", "tcp")
            for host in self.conf.addresses
            for port in (self.conf.port, self.conf.tls_port)
        )

    def __exit__(self, *_: object) -> None:
        self._process.kill()  # asked kindly, it takes its time
        self._process.wait()
