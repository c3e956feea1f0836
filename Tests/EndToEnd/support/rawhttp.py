"""HTTP/1.1 by hand on one connection, for what a well-behaved client library would not do."""

from __future__ import annotations

import socket
from types import TracebackType

from support.rest import LIMIT, Answer
from support.switchboard import Server


class RawConnection:
    """One TCP connection to the server. Requests are bytes; answers are read one by one."""

    def __init__(self, server: Server, limit: float = LIMIT) -> None:
        self.socket = socket.create_connection((server.host, server.port), timeout=limit)
        self._buffer = b""

    def __enter__(self) -> RawConnection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self, to: str = "GET") -> Answer:
        """The next answer, an interim one too. The method of the request decides whether it has a body."""
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, status, *_ = lines[0].split(" ", 2)
        assert version == "HTTP/1.1", lines
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }
        if to == "HEAD" or status in {"100", "204", "304"}:
            body = b""
        elif headers.get("transfer-encoding") == "chunked":
            body = self._chunks()
        else:
            body = self._exactly(int(headers["content-length"]))
        return Answer(int(status), headers, body)

    def at_end(self) -> bool:
        """Waits for the server to close the connection; false when it sends something instead."""
        try:
            return not self._buffer and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self._until(b"\r\n"), 16):
            body += self._exactly(size)
            self._until(b"\r\n")
        self._until(b"\r\n")
        return body

    def _until(self, end: bytes) -> bytes:
        while end not in self._buffer:
            self._fill()
        part, _, self._buffer = self._buffer.partition(end)
        return part

    def _exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._fill()
        part, self._buffer = self._buffer[:count], self._buffer[count:]
        return part

    def _fill(self) -> None:
        data = self.socket.recv(65_536)
        if not data:
            raise ConnectionError(f"the server closed the connection after {self._buffer!r}")
        self._buffer += data


def request(method: str, path: str, body: bytes = b"", *headers: str, version: str = "HTTP/1.1") -> bytes:
    """The bytes of a request with a body of known length."""
    lines = [f"{method} {path} {version}", "Host: localhost", *headers]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
