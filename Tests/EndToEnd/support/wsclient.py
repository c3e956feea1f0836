"""Synchronous WebSocket clients: `Client` on wsproto behaves well, `RawWebSocket` writes any octets."""

from __future__ import annotations

import base64
import collections
import hashlib
import json
import selectors
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Self

import wsproto
from wsproto.connection import ConnectionState
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Ping,
    Pong,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)

from support import frames
from support.frames import Frame, FrameReader
from support.tcp import LIMIT, Connection, Listening, Response, connect, read_response

JSON = dict[str, object]
KEY = base64.b64encode(b"sixteen octets!!").decode()
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def unique_members(pairs: list[tuple[str, object]]) -> JSON:
    """An object_pairs_hook that refuses what JSON parsers disagree about."""
    members = dict(pairs)
    assert len(members) == len(pairs), f"a member came twice: {pairs}"
    return members


def parse(content: str) -> JSON:
    message = json.loads(content, object_pairs_hook=unique_members)
    assert isinstance(message, dict) and isinstance(message.get("type"), str), content
    return message


def new_room() -> str:
    """A room id that no other test uses."""
    return f"room-{uuid.uuid4()}"


def room_joined(room: str, count: int, initiator: bool) -> JSON:
    """The answer to a join, exactly."""
    return {
        "type": "room_joined",
        "roomId": room,
        "userCount": count,
        "isInitiator": initiator,
        "ready": count == 2,
    }


class Client:
    """A connected client that answers pings whenever it waits. Whatever breaks RFC 6455 fails the test."""

    def __init__(
        self,
        server: Listening,
        *,
        path: str = "/",
        headers: dict[str, str] | None = None,
        receive_buffer: int | None = None,
    ) -> None:
        self.connection = self.connect(server, receive_buffer)
        self._protocol = wsproto.WSConnection(wsproto.ConnectionType.CLIENT)
        self._inbox: collections.deque[str] = collections.deque()
        self._partial: list[str] = []
        self.pongs: list[bytes] = []
        self.pings_received = 0
        self.refusal: RejectConnection | None = None
        self.refusal_body = b""
        self.close_code: int | None = None
        self.at_end = False
        self.raw = ""
        self._accepted = False
        extra = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        self._send_event(Request(host=f"{server.host}:{server.port}", target=path, extra_headers=extra))
        self.wait(lambda: self._accepted or self.refusal is not None)
        if self._accepted:
            hello = self.next("connected")
            self.id = str(hello["clientId"])

    def connect(self, server: Listening, receive_buffer: int | None) -> Connection:
        """The connection before its handshake."""
        return connect(server, receive_buffer=receive_buffer)

    # Sending

    def _send_event(self, event: Request | CloseConnection | Pong | Ping) -> None:
        self.connection.send(self._protocol.send(event))

    def send_text(self, content: str) -> None:
        self.connection.send(self._protocol.send(TextMessage(content)))

    def send_binary(self, content: bytes) -> None:
        self.connection.send(self._protocol.send(BytesMessage(content)))

    def send(self, type: str, **members: object) -> None:
        self.send_text(json.dumps({"type": type} | members, ensure_ascii=False, separators=(",", ":")))

    def send_ping(self, payload: bytes) -> None:
        self._send_event(Ping(payload))

    # Receiving

    def pump(self, limit: float) -> None:
        """Waits for octets and digests them."""
        data = self.connection.receive(limit)
        if not data:
            self.at_end = True
            return
        self._protocol.receive_data(data)
        for event in self._protocol.events():
            match event:
                case AcceptConnection():
                    self._accepted = True
                case RejectConnection():
                    self.refusal = event
                case RejectData():
                    self.refusal_body += bytes(event.data)
                case Ping():
                    self.pings_received += 1
                    self._send_event(event.response())
                case Pong():
                    self.pongs.append(bytes(event.payload))
                case TextMessage():
                    self._partial.append(event.data)
                    if event.message_finished:
                        self._inbox.append("".join(self._partial))
                        self._partial.clear()
                case CloseConnection():
                    assert self._protocol.state != ConnectionState.OPEN, (
                        f"the server broke RFC 6455: {event.reason}"
                    )
                    self.close_code = int(event.code)
                    if self._protocol.state == ConnectionState.REMOTE_CLOSING:
                        self._send_event(event.response())
                case _:
                    raise AssertionError(f"the server sent {event}")

    def wait(self, condition: Callable[[], bool], limit: float = LIMIT) -> None:
        """Receives until the condition holds."""
        deadline = time.monotonic() + limit
        while not condition():
            assert not self.at_end, f"the server closed the connection ({self.close_code})"
            self.pump(deadline - time.monotonic())

    def next(self, type: str | None = None, limit: float = LIMIT) -> JSON:
        """The next message, which must be of this type; its text is in `raw` afterwards."""
        self.wait(lambda: bool(self._inbox), limit)
        self.raw = self._inbox.popleft()
        message = parse(self.raw)
        assert type is None or message["type"] == type, f"expected {type}, got {self.raw[:300]}"
        return message

    def next_error(self, code: str, limit: float = LIMIT) -> JSON:
        """The next message, which must be an error with exactly the contract's members."""
        message = self.next("error", limit)
        assert set(message) == {"type", "error", "code"} and message["code"] == code, self.raw
        assert isinstance(message["error"], str) and message["error"], self.raw
        return message

    @property
    def has_message(self) -> bool:
        return bool(self._inbox)

    def assert_nothing_came(self) -> None:
        """One round trip: what the server had queued for us before would come before the pong."""
        self.send("ping")
        assert self.next() == {"type": "pong"}, f"unexpected: {self.raw[:300]}"

    # Conversations

    def join(self, room: str, **members: object) -> JSON:
        self.send("join_room", roomId=room, **members)
        return self.next("room_joined")

    def close(self, code: int = 1000) -> None:
        """The closing handshake, complete: the server echoes the code and ends the TCP connection."""
        self._send_event(CloseConnection(code))
        self.wait(lambda: self.close_code is not None)
        assert self.close_code == code
        self.wait_for_end()

    def wait_for_end(self, limit: float = LIMIT) -> None:
        deadline = time.monotonic() + limit
        while not self.at_end:
            self.pump(deadline - time.monotonic())
        self.connection.close()

    def drop(self) -> None:
        """Vanishes without a closing handshake."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.drop()


def pair(server: Listening, room: str | None = None) -> tuple[Client, Client]:
    """Two clients in one room, the initiator first, with every message about joining consumed."""
    room = room or new_room()
    first, second = Client(server), Client(server)
    first.join(room)
    second.join(room)
    first.next("room_ready")
    second.next("room_ready")
    return first, second


def pump_all(clients: Iterable[Client], condition: Callable[[], bool], limit: float = LIMIT) -> None:
    """Lets several clients receive, and answer pings, until the condition holds."""
    deadline = time.monotonic() + limit
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.connection.socket, selectors.EVENT_READ, client)
        while not condition():
            left = deadline - time.monotonic()
            assert left > 0, f"the condition did not come true in {limit} s"
            for key, _ in selector.select(left):
                key.data.pump(left)
                if key.data.at_end:
                    selector.unregister(key.data.connection.socket)


def handshake(
    path: str = "/", method: str = "GET", version: str = "HTTP/1.1", /, **changes: str | None
) -> bytes:
    """A handshake request; `changes` replace header fields (underscores for hyphens), None removes one."""
    fields: dict[str, str | None] = {
        "Host": "localhost",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
    }
    names = {name.lower().replace("-", "_"): name for name in fields}
    for name, value in changes.items():
        fields[names.get(name.lower(), name.replace("_", "-"))] = value
    lines = [
        f"{method} {path} {version}",
        *(f"{name}: {value}" for name, value in fields.items() if value is not None),
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def assert_accepted(response: Response | None, key: str = KEY) -> None:
    """RFC 6455, section 4.2.2."""
    assert response is not None and response.status == 101, response
    expected = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
    assert response.header("sec-websocket-accept") == expected, response
    assert (response.header("upgrade") or "").lower() == "websocket", response
    assert (response.header("connection") or "").lower() == "upgrade", response
    assert response.header("sec-websocket-extensions") is None, response
    assert response.header("sec-websocket-protocol") is None, response


class RawWebSocket:
    """A connection after its handshake: the test writes any octets and reads strictly checked frames."""

    def __init__(
        self, server: Listening, *, after: bytes = b"", receive_buffer: int | None = None, greeting: bool = True
    ) -> None:
        self.connection = connect(server, receive_buffer=receive_buffer)
        self._reader = FrameReader()
        self.connection.send(handshake() + after)
        response = read_response(self.connection)
        assert_accepted(response)
        assert response is not None
        self._reader.feed(response.rest)
        if greeting:
            self.id = str(self.next_message("connected")["clientId"])

    def send(self, *pieces: bytes) -> None:
        self.connection.send(b"".join(pieces))

    def send_in_pieces(self, *pieces: bytes, size: int = 1) -> None:
        self.connection.send_in_pieces(b"".join(pieces), size)

    def next_frame(self, limit: float = LIMIT) -> Frame | None:
        """The server's next frame, None at the end of the stream."""
        deadline = time.monotonic() + limit
        while (received := self._reader.next()) is None:
            data = self.connection.receive(deadline - time.monotonic())
            if not data:
                assert not self._reader.pending, (
                    f"the stream ended inside a frame: {self._reader.pending[:100]!r}"
                )
                return None
            self._reader.feed(data)
        return received

    def next_message(self, type: str | None = None, limit: float = LIMIT) -> JSON:
        received = self.next_frame(limit)
        assert received is not None and received.opcode == frames.TEXT and received.fin, (
            f"expected {type}: {received}"
        )
        message = parse(received.payload.decode())
        assert type is None or message["type"] == type, f"expected {type}, got {message}"
        return message

    def join(self, room: str) -> JSON:
        self.send(frames.text(json.dumps({"type": "join_room", "roomId": room})))
        return self.next_message("room_joined")

    def expect_pong_message(self, count: int = 1) -> None:
        for _ in range(count):
            assert self.next_message() == {"type": "pong"}

    def expect_error(self, *codes: str) -> None:
        message = self.next_message("error")
        assert set(message) == {"type", "error", "code"} and message["code"] in codes, (
            f"expected {codes}: {message}"
        )

    def expect_alive(self) -> None:
        """The connection still works and the server has sent nothing else."""
        self.send(frames.text('{"type":"ping"}'))
        self.expect_pong_message()

    def expect_close(self, *codes: int | None, limit: float = LIMIT) -> None:
        """The next frame closes with one of these codes (None: without one), then the server ends TCP."""
        received = self.next_frame(limit)
        assert received is not None, f"the server closed TCP without a close frame, expected {codes}"
        assert received.opcode == frames.CLOSE, f"expected a close {codes}: {received}"
        assert received.close_code in codes, (
            f"expected {codes}: {received.close_code} {received.payload[2:]!r}"
        )
        self.send(frames.frame(frames.CLOSE, received.payload[:2]))
        self.expect_end(limit)

    def expect_end(self, limit: float = LIMIT) -> None:
        received = self.next_frame(limit)
        assert received is None, f"after its close frame the server sent {received}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()


def raw_pair(server: Listening, *, receive_buffer: int | None = None) -> tuple[RawWebSocket, RawWebSocket]:
    """Two raw connections in a room of their own; the second may have a small receive buffer."""
    room = new_room()
    first, second = RawWebSocket(server), RawWebSocket(server, receive_buffer=receive_buffer)
    for member in (first, second):
        member.join(room)
    for member in (first, second):
        member.next_message("room_ready")
    return first, second
