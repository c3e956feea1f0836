"""The ways in which a client's messages reach the relay: UDP, TCP and TLS, over IPv4 and IPv6."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import struct
import time
from collections.abc import Sequence
from typing import Protocol, Self

from support.stun import Endpoint
from support.stunstream import Frame, Framer

LIMIT = 10.0
"""Seconds that any single wait may take."""

UDP_SEGMENT = 103
UDP_GRO = 104
SOL_UDP = 17
MOST_BYTES = 65535


class Transport(Protocol):
    """One client socket. `receive` gives None when nothing came in time, and when the server has closed."""

    local: Endpoint
    is_stream: bool

    def send(self, wire: bytes) -> None: ...

    def receive(self, limit: float) -> Frame | None: ...

    def fileno(self) -> int: ...

    def close(self) -> None: ...


def family_of(host: str) -> socket.AddressFamily:
    return socket.AF_INET if ipaddress.ip_address(host).version == 4 else socket.AF_INET6


def endpoint(address: tuple[str, int, *tuple[int, ...]] | Sequence[object]) -> Endpoint:
    """What the socket functions call an address, without an IPv6 address's scope."""
    host, port = address[:2]
    assert isinstance(host, str) and isinstance(port, int)
    return Endpoint(host.split("%")[0], port)


def anywhere(host: str) -> str:
    """The address of this machine that a client of `host` has."""
    return "127.0.0.1" if family_of(host) == socket.AF_INET else "::1"


_used: set[Endpoint] = set()
"""Where clients have been. To a relay, another one from there is the same for as long as an allocation lives."""


def bound(family: socket.AddressFamily, source: Endpoint) -> socket.socket:
    """A UDP socket at an address; where the port is for the kernel to choose, at one that no client had before, unless
    there is hardly any left."""
    for attempts_left in reversed(range(100)):
        candidate = socket.socket(family, socket.SOCK_DGRAM)
        candidate.bind(source)
        local = endpoint(candidate.getsockname())
        if source.port != 0 or local not in _used or attempts_left == 0:
            break
        candidate.close()
    _used.add(local)
    return candidate


class Datagrams:
    """A UDP socket. It is not connected, so that it sees where each answer really comes from."""

    is_stream = False

    def __init__(self, server: Endpoint, source: Endpoint | str | None = None, buffer: int = 1 << 20) -> None:
        if source is None:
            source = anywhere(server.host)
        if isinstance(source, str):
            source = Endpoint(source, 0)
        self.server = server
        self.socket = bound(family_of(server.host), source)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.local = endpoint(self.socket.getsockname())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, wire: bytes) -> None:
        self.send_to(wire, self.server)

    def send_to(self, wire: bytes, to: Endpoint) -> None:
        self.socket.settimeout(LIMIT)
        self.socket.sendto(wire, to)

    def send_burst(self, octets: bytes, segment: int, to: Endpoint | None = None) -> None:
        """Sends datagrams of `segment` octets each (the last may be shorter) in one go, as GSO does."""
        control = [(SOL_UDP, UDP_SEGMENT, struct.pack("=H", segment))]
        self.socket.sendmsg([octets], control, 0, to or self.server)

    def receive_from(self, limit: float) -> tuple[bytes, Endpoint] | None:
        """The next datagram and its sender. With a limit of 0, what is there already."""
        self.socket.settimeout(max(limit, 0))
        try:
            octets, address = self.socket.recvfrom(MOST_BYTES)
        except (TimeoutError, BlockingIOError):
            return None
        return octets, endpoint(address)

    def receive(self, limit: float) -> Frame | None:
        """The next datagram, which must come from the address that the client sends to."""
        received = self.receive_from(limit)
        if received is None:
            return None
        octets, sender = received
        assert sender == self.server, f"an answer from {sender}, expected from {self.server}"
        if octets[0] >= 0x40:
            channel, length = struct.unpack_from("!HH", octets)
            assert len(octets) == 4 + length, f"ChannelData of {length} in {len(octets)} octets"
            return Frame(channel, octets[4:])
        return Frame(None, octets)

    def close(self) -> None:
        self.socket.close()


class Stream:
    """A TCP connection, or with a context a TLS one."""

    is_stream = True

    def __init__(
        self,
        server: Endpoint,
        context: ssl.SSLContext | None = None,
        source: str | None = None,
        receive_buffer: int | None = None,
        server_name: str = "relay.example.com",
        preface: bytes = b"",
    ) -> None:
        """The preface goes before TLS, in clear."""
        self.server = server
        plain = socket.socket(family_of(server.host), socket.SOCK_STREAM)
        if receive_buffer is not None:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        plain.settimeout(LIMIT)
        plain.bind((source or anywhere(server.host), 0))
        plain.connect(server)
        self.local = endpoint(plain.getsockname())
        self.socket: socket.socket = plain
        plain.sendall(preface)
        if context is not None:
            self.socket = context.wrap_socket(plain, server_hostname=server_name)
        self._framer = Framer()
        self.has_ended = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int:
        return self.socket.fileno()

    @property
    def tls(self) -> ssl.SSLSocket:
        assert isinstance(self.socket, ssl.SSLSocket)
        return self.socket

    def send(self, wire: bytes) -> None:
        """Sends everything. That the server has gone shows when receiving, not here."""
        self.socket.settimeout(LIMIT)
        try:
            self.socket.sendall(wire)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def receive(self, limit: float) -> Frame | None:
        deadline = time.monotonic() + limit
        while (frame := self._framer.next()) is None:
            if self.has_ended:
                return None
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                octets = self.socket.recv(1 << 16)
            except (TimeoutError, ssl.SSLWantReadError):
                if time.monotonic() >= deadline:
                    return None
                continue
            except ConnectionResetError:
                octets = b""
            if not octets:
                self.has_ended = True
            self._framer.feed(octets)
        return frame

    def wait_for_end(self, limit: float = LIMIT) -> list[Frame]:
        """Everything until the server closes, which it must do within the limit."""
        deadline = time.monotonic() + limit
        frames = []
        while not self.has_ended:
            assert time.monotonic() < deadline, f"the server kept a connection open for {limit} s"
            if (frame := self.receive(deadline - time.monotonic())) is not None:
                frames.append(frame)
        return frames

    def reset(self) -> None:
        """Drops the connection with an RST, as a crashed client's kernel does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        self.socket.close()


class Peer:
    """A UDP socket that knows nothing of TURN: the other side of a relay."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, buffer: int = 1 << 20) -> None:
        self.socket = socket.socket(family_of(host), socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.socket.bind((host, port))
        self.endpoint = endpoint(self.socket.getsockname())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, payload: bytes, to: Endpoint) -> None:
        self.socket.settimeout(LIMIT)
        self.socket.sendto(payload, to)

    def send_burst(self, octets: bytes, segment: int, to: Endpoint) -> None:
        """Sends datagrams of `segment` octets each (the last may be shorter) in one go, as GSO does."""
        control = [(SOL_UDP, UDP_SEGMENT, struct.pack("=H", segment))]
        self.socket.sendmsg([octets], control, 0, to)

    def receive(self, limit: float = LIMIT) -> tuple[bytes, Endpoint]:
        self.socket.settimeout(limit)
        try:
            payload, address = self.socket.recvfrom(MOST_BYTES)
        except TimeoutError:
            raise AssertionError(f"nothing reached the peer in {limit} s") from None
        return payload, endpoint(address)

    def received(self) -> list[tuple[bytes, Endpoint]]:
        """What has arrived by now, without waiting."""
        self.socket.setblocking(False)
        found: list[tuple[bytes, Endpoint]] = []
        while True:
            try:
                payload, address = self.socket.recvfrom(MOST_BYTES)
            except BlockingIOError:
                return found
            found.append((payload, endpoint(address)))

    def close(self) -> None:
        self.socket.close()


def can_bind(endpoint: Endpoint) -> bool:
    """Whether a UDP port of this machine is free."""
    try:
        Peer(*endpoint).close()
    except OSError:
        return False
    return True
