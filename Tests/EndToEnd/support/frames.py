"""WebSocket frames as bytes (RFC 6455, section 5.2): any frame can be written, only correct ones are read."""

from __future__ import annotations

import dataclasses
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
MASK = b"\x37\xfa\x21\x3d"
MAX_CONTROL_PAYLOAD = 125


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bytes | None = MASK,
    length_octets: int | None = None,
    announced: int | None = None,
) -> bytes:
    """A client's frame. `length_octets` (0, 2, 8) forces a length form; `announced` lies about the length."""
    length = len(payload) if announced is None else announced
    if length_octets is None:
        length_octets = 0 if length < 126 else 2 if length < 65536 else 8
    short = {0: length, 2: 126, 8: 127}[length_octets]
    header = bytes([(0x80 if fin else 0) | rsv << 4 | opcode, (0x80 if mask is not None else 0) | short])
    if length_octets == 2:
        header += struct.pack("!H", length)
    elif length_octets == 8:
        header += struct.pack("!Q", length)
    return header + payload if mask is None else header + mask + masked(payload, mask)


def masked(payload: bytes, mask: bytes) -> bytes:
    """The payload XOR the repeated mask (section 5.3)."""
    key = mask * (len(payload) // 4 + 1)
    number = int.from_bytes(payload, "big") ^ int.from_bytes(key[: len(payload)], "big")
    return number.to_bytes(len(payload), "big")


def text(content: str | bytes, *, fin: bool = True) -> bytes:
    """A text frame; bytes are sent as they are, also when they are no UTF-8."""
    return frame(TEXT, content.encode() if isinstance(content, str) else content, fin=fin)


def continuation(payload: bytes = b"", *, fin: bool = True) -> bytes:
    return frame(CONTINUATION, payload, fin=fin)


def close(code: int | None = None, reason: bytes = b"") -> bytes:
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


def fragments(payload: bytes, sizes: list[int], opcode: int = TEXT) -> list[bytes]:
    """The payload as one message in frames of these sizes and a last one with the rest."""
    pieces: list[bytes] = []
    start = 0
    for size in sizes:
        pieces.append(
            frame(
                opcode if not pieces else CONTINUATION,
                payload[start : start + size],
                fin=False,
            )
        )
        start += size
    return [*pieces, frame(CONTINUATION if pieces else opcode, payload[start:])]


@dataclasses.dataclass(frozen=True)
class Frame:
    """A frame that the server sent."""

    opcode: int
    payload: bytes
    fin: bool

    @property
    def close_code(self) -> int | None:
        assert self.opcode == CLOSE, self
        return struct.unpack("!H", self.payload[:2])[0] if self.payload else None


class FrameReader:
    """Takes the server's bytes apart and insists on everything that RFC 6455 demands of a server's frames."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._inside_message = False

    def feed(self, data: bytes) -> None:
        self._buffer += data

    @property
    def pending(self) -> bytes:
        """What has arrived of a frame that is not complete."""
        return bytes(self._buffer)

    def next(self) -> Frame | None:
        """The next complete frame."""
        if len(self._buffer) < 2:
            return None
        first, second = self._buffer[0], self._buffer[1]
        assert first & 0x70 == 0, "the server set a reserved bit without an extension (5.2)"
        assert second & 0x80 == 0, "the server masked a frame (5.1)"
        length, header = second & 0x7F, 2
        if length >= 126:
            size = 2 if length == 126 else 8
            if len(self._buffer) < 2 + size:
                return None
            length, header = int.from_bytes(self._buffer[2 : 2 + size], "big"), 2 + size
            assert length >= (126 if size == 2 else 65536), (
                "the server's length is not the shortest form (5.2)"
            )
        if len(self._buffer) < header + length:
            return None
        payload = bytes(self._buffer[header : header + length])
        del self._buffer[: header + length]
        received = Frame(first & 0xF, payload, bool(first & 0x80))
        self._check(received)
        return received

    def _check(self, received: Frame) -> None:
        assert received.opcode in (CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG), (
            f"reserved opcode: {received}"
        )
        if received.opcode >= CLOSE:
            assert received.fin, "the server fragmented a control frame (5.4)"
            assert len(received.payload) <= MAX_CONTROL_PAYLOAD, (
                "the server's control frame is too long (5.5)"
            )
            if received.opcode == CLOSE and received.payload:
                assert len(received.payload) >= 2, "the server's close frame has a one-octet payload (5.5.1)"
                received.payload[2:].decode()
            return
        is_continuation = received.opcode == CONTINUATION
        assert is_continuation == self._inside_message, "the server mixed up its fragments (5.4)"
        self._inside_message = not received.fin
