"""Starts servers whose STUN and TURN side is under test, and makes clients of them."""

from __future__ import annotations

import base64
import hmac
import itertools
import pathlib
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from support.ports import free_port
from support.stun import Endpoint
from support.switchboard import Server
from support.transports import Datagrams, Stream, Transport, family_of
from support.turnclient import Client

USER, PASSWORD = "testuser", "testpass"
OTHER, OTHER_PASSWORD = "otheruser", "otherpass"
REALM = "switchboard"
SECRETS = ("first shared secret", "second-shared-secret")
TRANSPORTS = ("udp4", "udp6", "tcp4", "tcp6", "tls4", "tls6")
PLENTY = 100_000


class Relay(Server):
    """A server that relays between loopback addresses, with static users and shared secrets.

    It listens on every address of this machine, and relays from 127.0.0.1 and ::1.
    """

    def __init__(self, directory: pathlib.Path, **settings: object) -> None:
        port, tls_port = free_port(), free_port()
        certificate, key = certificate_in(directory)
        defaults: dict[str, object] = {
            "USE_RELAY": 1,
            "RELAY_PORT": port,
            "RELAY_TLS_PORT": tls_port,
            "RELAY_CERT": certificate,
            "RELAY_KEY": key,
            "RELAY_IPS": "127.0.0.1,::1",
            "RELAY_USERS": f"{USER}:{PASSWORD},{OTHER}:{OTHER_PASSWORD}",
            "RELAY_SECRETS": ",".join(SECRETS),
            "RELAY_ALLOW_LOOPBACK_PEERS": 1,
            "RELAY_LOOPS": 2,
            "RELAY_USER_QUOTA": PLENTY,
            "RELAY_ADDRESS_QUOTA": PLENTY,
            "RELAY_ALLOCATIONS_PER_MINUTE": 0,
            "RELAY_ANSWER_RATE": PLENTY,
            "RELAY_ANSWER_BURST": PLENTY,
            "RELAY_DRAIN_TIME": 0,
        }
        super().__init__(directory, **(defaults | settings))
        self.relay_port = int(self.settings["RELAY_PORT"])
        self.tls_port = int(self.settings["RELAY_TLS_PORT"])

    def at(self, host: str = "127.0.0.1", tls: bool = False) -> Endpoint:
        return Endpoint(host, self.tls_port if tls else self.relay_port)

    def transport(
        self, name: str = "udp4", source: Endpoint | str | None = None, host: str = ""
    ) -> Transport:
        """A new socket, from an address of its own for IPv4 so that limits of addresses are not shared."""
        host = host or loopback(name)
        if source is None and family_of(host) == socket.AF_INET:
            source = next(SOURCES)
        if name.startswith("udp"):
            return Datagrams(self.at(host), source)
        assert source is None or isinstance(source, str)
        context = client_context() if name.startswith("tls") else None
        return Stream(self.at(host, tls=context is not None), context, source)

    def client(
        self,
        transport: str | Transport = "udp4",
        name: str = USER,
        password: str = PASSWORD,
        source: Endpoint | str | None = None,
        host: str = "",
        sha256: bool = False,
        userhash: bool = False,
    ) -> Client:
        made = self.transport(transport, source, host) if isinstance(transport, str) else transport
        return Client(made, name, password, sha256=sha256, userhash=userhash)


def _sources() -> Iterator[str]:
    for number in itertools.count(256):
        yield f"127.{1 + number // 65536 % 250}.{number // 256 % 256}.{1 + number % 250}"


SOURCES = _sources()
"""Loopback addresses that no other test uses."""


def loopback(transport: str) -> str:
    """The address of this machine in the family of a transport of TRANSPORTS."""
    return "127.0.0.1" if transport.endswith("4") else "::1"


def time_limited(secret: str, name: str) -> str:
    """The password of a time-limited credential: base64 of HMAC-SHA1 of its name under the secret."""
    return base64.b64encode(hmac.digest(secret.encode(), name.encode(), "sha1")).decode()


def certificate_in(
    directory: pathlib.Path, name: str = "relay.example.com"
) -> tuple[pathlib.Path, pathlib.Path]:
    """A self-signed certificate and its key, made on first use or again for another name."""
    certificate, key = directory / "relay.crt", directory / "relay.key"
    if not certificate.exists():
        make_certificate(certificate, key, name)
    return certificate, key


def make_certificate(certificate: pathlib.Path, key: pathlib.Path, name: str) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        + ["-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", f"/CN={name}"],
        check=True,
        capture_output=True,
        timeout=20,
    )


def client_context(*protocols: str) -> ssl.SSLContext:
    """TLS that takes any certificate, and offers these protocols by ALPN."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context


@contextmanager
def running(
    directory: pathlib.Path, launcher: Sequence[str] = (), **settings: object
) -> Iterator[Relay]:
    """A relay for the tests of a module; it must stop in good order and log nothing like a crash."""
    relay = Relay(directory, **settings)
    relay.launcher = launcher
    relay.start()
    try:
        yield relay
    finally:
        assert relay.stop() == 0, relay.log_text()
    assert_no_crash(relay)


def assert_no_crash(relay: Server) -> None:
    for word in ("Fatal error", "Crash", "backtrace", "SIGSEGV", "overflow", "AddressSanitizer"):
        assert word not in relay.log_text(), relay.log_text()


Connect = Callable[..., Client]


@contextmanager
def connecting(relay: Relay) -> Iterator[Connect]:
    """Gives `relay.client` such that every client made is closed at the end."""
    clients: list[Client] = []

    def connect(*arguments: object, **more: object) -> Client:
        client = relay.client(*arguments, **more)  # type: ignore[arg-type]
        clients.append(client)
        return client

    try:
        yield connect
    finally:
        for client in clients:
            client.close()
