"""A TCP connection to the server on which every wait has a deadline, and plain HTTP on top of it."""

from __future__ import annotations

import dataclasses
import json
import socket
import ssl
import struct
import time
from typing import Protocol, Self

from support.socketqueue import SocketQueues

LIMIT = 10.0
"""Seconds that any single wait may take."""

QUEUES = SocketQueues()


class Connection:
    """One client socket. `receive` gives b"" once the server has closed, `was_reset` says whether by RST."""

    def __init__(
        self, host: str, port: int, *, receive_buffer: int | None = None, source: str = ""
    ) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if source:
            self.socket.bind((source, 0))
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.settimeout(LIMIT)
        self.socket.connect((host, port))
        self._addresses = (self.socket.getsockname(), self.socket.getpeername())
        self.was_reset = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, data: bytes, limit: float = LIMIT) -> None:
        """Sends everything. That the server has gone shows when reading, not here."""
        self.socket.settimeout(limit)
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass

    def send_in_pieces(self, data: bytes, size: int = 1) -> None:
        """Sends pieces of this size, each when the server's process has read the one before."""
        for start in range(0, len(data), size):
            self.send(data[start : start + size])
            self.wait_until_read()

    def receive(self, limit: float = LIMIT) -> bytes:
        """What has arrived, at least one octet; b"" at the end of the stream."""
        assert limit > 0, "nothing arrived in time"
        self.socket.settimeout(limit)
        try:
            return self.socket.recv(1 << 18)
        except ConnectionResetError:
            self.was_reset = True
            return b""
        except TimeoutError:
            raise AssertionError(f"the server sent nothing for {limit:.1f} s") from None

    def receive_to_end(self, limit: float = LIMIT) -> bytes:
        """Everything until the server closes, which it must do within the limit."""
        deadline = time.monotonic() + limit
        collected = bytearray()
        while piece := self.receive(deadline - time.monotonic()):
            collected += piece
        return bytes(collected)

    def wait_until_read(self, limit: float = LIMIT) -> None:
        """Returns when the server's process has taken every octet out of its socket (or closed it)."""
        deadline = time.monotonic() + limit
        while QUEUES.unread(*self._addresses) > 0:
            assert time.monotonic() < deadline, f"the server did not read for {limit} s"
            time.sleep(0)

    def half_close(self) -> None:
        """Ends our direction; the server's stays open."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def reset(self) -> None:
        """Drops the connection with an RST, as a crashed client's kernel does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        self.socket.close()


class SecureConnection(Connection):
    """The same through TLS. Ends of the stream without a goodbye count as ends."""

    def __init__(
        self, host: str, port: int, context: ssl.SSLContext, *, receive_buffer: int | None = None
    ) -> None:
        super().__init__(host, port, receive_buffer=receive_buffer)
        self.said_goodbye = False
        self.socket: ssl.SSLSocket = context.wrap_socket(
            self.socket, server_hostname="localhost", suppress_ragged_eofs=False
        )

    def send(self, data: bytes, limit: float = LIMIT) -> None:
        try:
            super().send(data, limit)
        except ssl.SSLError as error:
            assert error.reason in ("PROTOCOL_IS_SHUTDOWN", None), error

    def receive(self, limit: float = LIMIT) -> bytes:
        try:
            data = super().receive(limit)
        except ssl.SSLEOFError:
            return b""
        self.said_goodbye = not data and not self.was_reset
        return data

    def half_close(self) -> None:
        """Ends our direction of the TCP connection, without a word."""
        try:
            socket.socket.shutdown(self.socket, socket.SHUT_WR)
        except OSError:
            pass


class Listening(Protocol):
    """Where a server listens."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...


@dataclasses.dataclass(frozen=True)
class Secure:
    """A server's TLS port, and what its clients trust."""

    host: str
    port: int
    context: ssl.SSLContext

    @property
    def ws(self) -> str:
        return f"wss://localhost:{self.port}"


def connect(at: Listening, *, receive_buffer: int | None = None) -> Connection:
    """A connection to the server, through TLS where that is spoken."""
    if isinstance(at, Secure):
        return SecureConnection(at.host, at.port, at.context, receive_buffer=receive_buffer)
    return Connection(at.host, at.port, receive_buffer=receive_buffer)


@dataclasses.dataclass(frozen=True)
class Response:
    """An HTTP/1.1 response with lower-case field names, and what followed it on the connection."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    rest: bytes

    def header(self, name: str) -> str | None:
        """The only field of this name."""
        values = [value for key, value in self.headers if key == name.lower()]
        assert len(values) <= 1, f"{name} came {len(values)} times: {self}"
        return values[0] if values else None

    @property
    def json(self) -> dict[str, object]:
        members = json.loads(self.body)
        assert isinstance(members, dict), self
        return members

    def assert_refusal(self, *statuses: int, error: str | None = None) -> None:
        """The contract's section 2: every refusal has a stable id and one sentence."""
        assert self.status in statuses, f"expected {statuses}: {self}"
        assert (self.header("content-type") or "").startswith("application/json"), self
        refusal = self.json
        assert isinstance(refusal["error"], str) and refusal["error"], self
        assert isinstance(refusal["message"], str) and refusal["message"], self
        assert error is None or refusal["error"] == error, self


def read_response(
    connection: Connection, *, head_request: bool = False, limit: float = LIMIT
) -> Response | None:
    """The next response on a connection, or None if the server closed without any octet of one."""
    deadline = time.monotonic() + limit
    data = b""

    def more() -> bytes:
        return connection.receive(deadline - time.monotonic())

    status_line = "HTTP/1.1 100 Continue"
    while status_line.startswith(
        "HTTP/1.1 100 "
    ):  # An interim response; the real one follows (RFC 9110, 15.2.1).
        while b"\r\n\r\n" not in data:
            piece = more()
            if not piece:
                assert not data, f"the server closed inside a response head: {data!r}"
                return None
            data += piece
        head, data = data.split(b"\r\n\r\n", 1)
        status_line, *lines = head.decode("latin-1").split("\r\n")
    version, status, *_ = status_line.split(" ")
    assert version == "HTTP/1.1", status_line
    headers = [(name.lower(), value.strip()) for name, value in (line.split(":", 1) for line in lines)]
    fields = dict(headers)
    if head_request or status in ("101", "204", "304"):
        return Response(int(status), headers, b"", data)
    if fields.get("transfer-encoding") == "chunked":
        body = b""
        while True:
            while b"\r\n" not in data:
                data += more() or _cut_short()
            size, data = int(data.split(b"\r\n", 1)[0], 16), data.split(b"\r\n", 1)[1]
            while len(data) < size + 2:
                data += more() or _cut_short()
            body, data = body + data[:size], data[size + 2 :]
            if size == 0:
                return Response(int(status), headers, body, data)
    assert "content-length" in fields, f"a response without a length: {head!r}"
    length = int(fields["content-length"])
    while len(data) < length:
        data += more() or _cut_short()
    return Response(int(status), headers, data[:length], data[length:])


def _cut_short() -> bytes:
    raise AssertionError("the server closed inside a response body")


def request(
    method: str,
    target: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
    host: str = "localhost",
) -> bytes:
    """A correct HTTP/1.1 request as bytes."""
    fields = {"Host": host} | (headers or {})
    if body is not None:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(body))}
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode() + (body or b"")
