"""Messages that are wrong, each with what must come back: nothing, or one error."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from support import stun
from support.stun import COOKIE, Attribute, Attributes, Endpoint, Kind, Method, encode
from support.turnclient import Client

UNKNOWN, UNKNOWN_TOO, UNKNOWN_OPTIONAL = 0x7ABC, 0x0003, 0xFABC
"""Two types that the server must understand to go on, and one that it may skip."""

TRANSPORT = (Attribute.REQUESTED_TRANSPORT, stun.requested_transport())
PEER = (Attribute.XOR_PEER_ADDRESS, Endpoint("127.0.0.1", 9))
CHANNEL = (Attribute.CHANNEL_NUMBER, stun.channel_number(0x4000))
TOKEN = (Attribute.RESERVATION_TOKEN, b"8 octets")


@dataclasses.dataclass(frozen=True)
class BadDatagram:
    """Octets from a stranger."""

    id: str
    wire: bytes
    code: int | None = None
    """The error that answers it; None: nothing does."""
    unknown: tuple[int, ...] = ()
    breaks_streams: bool = False
    """On a stream nobody can know where the next message starts, so that the connection must end."""


def raw(type: int, length: int, rest: bytes = b"", cookie: int = COOKIE) -> bytes:
    """A message with any header at all."""
    return (
        type.to_bytes(2, "big")
        + length.to_bytes(2, "big")
        + cookie.to_bytes(4, "big")
        + stun.new_transaction()
        + rest
    )


def damaged(wire: bytes, at: int) -> bytes:
    return wire[:at] + bytes([wire[at] ^ 1]) + wire[at + 1 :]


def attribute(type: int, claimed: int, octets: bytes) -> bytes:
    """An attribute that lies about its length."""
    return type.to_bytes(2, "big") + claimed.to_bytes(2, "big") + octets


SOFTWARE = stun.encode_attribute(Attribute.SOFTWARE, b"x" * 4)
BINDING = encode(Method.BINDING)

HEADERS = [
    BadDatagram("one octet", b"\x00"),
    BadDatagram("one octet of ChannelData", b"\x40"),
    BadDatagram("half a ChannelData header", b"\x40\x00\x00"),
    BadDatagram("19 octets of a header", BINDING[:19]),
    BadDatagram("ChannelData of nobody", stun.channel_data(0x4000, b"payload")),
    BadDatagram("ChannelData that claims more", b"\x40\x00\x00\xff1234", breaks_streams=False),
    BadDatagram("first bits 10", raw(0x8001, 0), breaks_streams=True),
    BadDatagram("first bits 11", raw(0xC001, 0), breaks_streams=True),
    BadDatagram("wrong cookie", raw(3, 0, cookie=0x2112A443), breaks_streams=True),
    BadDatagram("an Allocate without the cookie", raw(3, 4, SOFTWARE, cookie=0x12345678), breaks_streams=True),
    BadDatagram("a success without the cookie", raw(0x0101, 0, cookie=0x12345678), breaks_streams=True),
    BadDatagram("no cookie and a length of 4 too much", raw(1, 4, cookie=0x12345678), breaks_streams=True),
    BadDatagram("length of 1", raw(1, 1, b"x"), breaks_streams=True),
    BadDatagram("length of 2", raw(1, 2, b"xx"), breaks_streams=True),
    BadDatagram("length of 3", raw(1, 3, b"xxx"), breaks_streams=True),
    BadDatagram("length 4 too small", raw(1, 4, SOFTWARE)),
    BadDatagram("length 4 too large", raw(1, 12, SOFTWARE)),
    BadDatagram("length of nothing", raw(1, 0, SOFTWARE)),
    BadDatagram("longest length", raw(1, 0xFFFC, SOFTWARE)),
    BadDatagram("binding twice in one datagram", BINDING + encode(Method.BINDING)),
]

ATTRIBUTES = [
    BadDatagram("half an attribute header", raw(1, 4, b"\x80\x22\x00\x04")),
    BadDatagram("attribute beyond the end", raw(1, 8, attribute(Attribute.SOFTWARE, 5, b"1234"))),
    BadDatagram("attribute far beyond the end", raw(1, 8, attribute(Attribute.SOFTWARE, 0xFFFF, b"1234"))),
    BadDatagram("padding beyond the end", raw(1, 8, attribute(Attribute.SOFTWARE, 0xFFFD, b"1234"))),
    BadDatagram(
        "a thousand attributes",
        encode(Method.BINDING, attributes=[(Attribute.SOFTWARE, b"")] * 1000),
    ),
    BadDatagram("wrong fingerprint", damaged(encode(Method.BINDING, add_fingerprint=True), -1 % 28)),
    BadDatagram(
        "fingerprint of other octets",
        damaged(encode(Method.BINDING, attributes=[(Attribute.SOFTWARE, b"1234")], add_fingerprint=True), 24),
    ),
    BadDatagram(
        "fingerprint of two octets", encode(Method.BINDING, attributes=[(Attribute.FINGERPRINT, b"12")])
    ),
    BadDatagram(
        "unknown attribute", encode(Method.BINDING, attributes=[(UNKNOWN, b"?")]), 420, unknown=(UNKNOWN,)
    ),
    BadDatagram(
        "two unknown attributes",
        encode(Method.BINDING, attributes=[(UNKNOWN, b""), (UNKNOWN_OPTIONAL, b""), (UNKNOWN_TOO, b"1234")]),
        420,
        unknown=(UNKNOWN, UNKNOWN_TOO),
    ),
]

CLASSES = [
    BadDatagram("a success", encode(Method.BINDING, Kind.SUCCESS)),
    BadDatagram("an error", encode(Method.BINDING, Kind.ERROR)),
    BadDatagram("the success of an Allocate", encode(Method.ALLOCATE, Kind.SUCCESS)),
    BadDatagram("Binding as an indication", encode(Method.BINDING, Kind.INDICATION)),
    BadDatagram(
        "Binding as an indication with an unknown attribute",
        encode(Method.BINDING, Kind.INDICATION, [(UNKNOWN, b"?")]),
    ),
    BadDatagram("Allocate as an indication", encode(Method.ALLOCATE, Kind.INDICATION, [TRANSPORT])),
    BadDatagram("Refresh as an indication", encode(Method.REFRESH, Kind.INDICATION)),
    BadDatagram("Send of nobody", encode(Method.SEND, Kind.INDICATION, [PEER, (Attribute.DATA, b"x")])),
    BadDatagram("Data from a client", encode(Method.DATA, Kind.INDICATION, [PEER, (Attribute.DATA, b"x")])),
]

ANY_CODE = -1

METHODS = [
    BadDatagram("method 0", encode(0), ANY_CODE),
    BadDatagram("method 2, once Shared Secret", encode(2), ANY_CODE),
    BadDatagram("method 10, Connect", encode(Method.CONNECT), ANY_CODE),
    BadDatagram("the last method", encode(0xFFF), ANY_CODE),
    BadDatagram(
        "Send as a request", encode(Method.SEND, attributes=[PEER, (Attribute.DATA, b"x")]), ANY_CODE
    ),
    BadDatagram(
        "Data as a request", encode(Method.DATA, attributes=[PEER, (Attribute.DATA, b"x")]), ANY_CODE
    ),
]

BAD_DATAGRAMS = [*HEADERS, *ATTRIBUTES, *CLASSES, *METHODS]


WITHOUT_COOKIE = raw(1, 0, cookie=0x12345678)
"""A Binding request of RFC 3489: a datagram is answered, a stream is out of step."""


# Requests of a client with credentials


Setup = Callable[[Client], None]


def nothing(_: Client) -> None:
    pass


def allocated(client: Client) -> None:
    client.allocate()


def bound(client: Client) -> None:
    """Channel 0x4000 belongs to PEER."""
    client.allocate()
    answer = client.bind_channel(0x4000, Endpoint("127.0.0.1", 9))
    assert answer.succeeded, answer


@dataclasses.dataclass(frozen=True)
class BadRequest:
    """A signed request of a client in some state, and the error that answers it."""

    id: str
    method: int
    attributes: Attributes
    code: int
    setup: Setup = nothing
    behind: Attributes = ()
    """What stands behind the integrity."""
    unknown: tuple[int, ...] = ()


def allocate(id: str, code: int, *attributes: tuple[int, stun.Value], **more: object) -> BadRequest:
    return BadRequest(f"Allocate, {id}", Method.ALLOCATE, attributes, code, **more)  # type: ignore[arg-type]


def refresh(id: str, code: int, *attributes: tuple[int, stun.Value], **more: object) -> BadRequest:
    made = {"setup": allocated} | more
    return BadRequest(f"Refresh, {id}", Method.REFRESH, attributes, code, **made)  # type: ignore[arg-type]


def permit(id: str, code: int, *attributes: tuple[int, stun.Value], **more: object) -> BadRequest:
    made = {"setup": allocated} | more
    return BadRequest(f"CreatePermission, {id}", Method.CREATE_PERMISSION, attributes, code, **made)  # type: ignore[arg-type]


def bind(id: str, code: int, *attributes: tuple[int, stun.Value], **more: object) -> BadRequest:
    made = {"setup": allocated} | more
    return BadRequest(f"ChannelBind, {id}", Method.CHANNEL_BIND, attributes, code, **made)  # type: ignore[arg-type]


def family(type: int, value: int) -> tuple[int, bytes]:
    return type, stun.address_family(value)


def lifetime(octets: bytes) -> tuple[int, bytes]:
    return Attribute.LIFETIME, octets


def channel(value: int) -> tuple[int, bytes]:
    return Attribute.CHANNEL_NUMBER, stun.channel_number(value)


def peer(host: str, port: int = 9) -> tuple[int, Endpoint]:
    return Attribute.XOR_PEER_ADDRESS, Endpoint(host, port)


REQUESTED, ADDITIONAL = Attribute.REQUESTED_ADDRESS_FAMILY, Attribute.ADDITIONAL_ADDRESS_FAMILY
EVEN, EVEN_AND_NEXT = (Attribute.EVEN_PORT, b"\x00"), (Attribute.EVEN_PORT, b"\x80")
SHORT_PEER = (Attribute.XOR_PEER_ADDRESS, b"\x00\x01\x00\x09")
LONG_PEER = (Attribute.XOR_PEER_ADDRESS, bytes([0, 1, 0, 9]) + bytes(16))
PEER_OF_NO_FAMILY = (Attribute.XOR_PEER_ADDRESS, bytes([0, 3, 0, 9, 1, 2, 3, 4]))

BAD_ALLOCATES = [
    allocate("no transport", 400),
    allocate("no transport but behind the integrity", 400, behind=[TRANSPORT]),
    allocate("transport of one octet", 400, (Attribute.REQUESTED_TRANSPORT, b"\x11")),
    allocate("transport of five octets", 400, (Attribute.REQUESTED_TRANSPORT, b"\x11\0\0\0\0")),
    allocate("TCP", 442, (Attribute.REQUESTED_TRANSPORT, stun.requested_transport(stun.TCP))),
    allocate("no protocol", 442, (Attribute.REQUESTED_TRANSPORT, stun.requested_transport(0))),
    allocate("unknown attribute", 420, TRANSPORT, (UNKNOWN, b"?"), unknown=(UNKNOWN,)),
    allocate(
        "two unknown attributes",
        420,
        (UNKNOWN_TOO, b""),
        TRANSPORT,
        (UNKNOWN, b"?"),
        unknown=(UNKNOWN_TOO, UNKNOWN),
    ),
    allocate("family of nothing known", 440, TRANSPORT, family(REQUESTED, 3)),
    allocate("family 0", 440, TRANSPORT, family(REQUESTED, 0)),
    allocate("family of no octets", 400, TRANSPORT, (REQUESTED, b"")),
    allocate("both family attributes", 400, TRANSPORT, family(REQUESTED, 1), family(ADDITIONAL, 2)),
    allocate("IPv4 as additional family", 400, TRANSPORT, family(ADDITIONAL, 1)),
    allocate(
        "IPv4 as additional family of old", 400, TRANSPORT, family(Attribute.ADDITIONAL_ADDRESS_FAMILY_OLD, 1)
    ),
    allocate("additional family with a held port", 400, TRANSPORT, family(ADDITIONAL, 2), EVEN_AND_NEXT),
    allocate("additional family with a token", 400, TRANSPORT, family(ADDITIONAL, 2), TOKEN),
    allocate("family with a token", 400, TRANSPORT, family(REQUESTED, 1), TOKEN),
    allocate("even port with a token", 400, TRANSPORT, EVEN, TOKEN),
    allocate("even and next port with a token", 400, TRANSPORT, EVEN_AND_NEXT, TOKEN),
    allocate("even port of no octets", 400, TRANSPORT, (Attribute.EVEN_PORT, b"")),
    allocate("token that nobody was given", 508, TRANSPORT, TOKEN),
    allocate("token of seven octets", 400, TRANSPORT, (Attribute.RESERVATION_TOKEN, b"7octets")),
    allocate("token of nine octets", 400, TRANSPORT, (Attribute.RESERVATION_TOKEN, b"9 octets!")),
    allocate("lifetime of three octets", 400, TRANSPORT, lifetime(b"123")),
    allocate("lifetime of five octets", 400, TRANSPORT, lifetime(b"12345")),
    allocate("again", 437, TRANSPORT, setup=allocated),
]

BAD_REFRESHES = [
    refresh("no allocation", 437, setup=nothing),
    refresh("no allocation, to end it", 437, lifetime(stun.number(0)), setup=nothing),
    refresh("of the other family", 443, family(REQUESTED, 2)),
    refresh("lifetime of two octets", 400, lifetime(b"12")),
    refresh("unknown attribute", 420, (UNKNOWN, b"?"), unknown=(UNKNOWN,)),
]

BAD_PERMISSIONS = [
    permit("no allocation", 437, PEER, setup=nothing),
    permit("no peer", 400),
    permit("no peer but behind the integrity", 400, behind=[PEER]),
    permit("short peer", 400, SHORT_PEER),
    permit("long peer", 400, LONG_PEER),
    permit("peer of no family", 400, PEER_OF_NO_FAMILY),
    permit("good and short peer", 400, PEER, SHORT_PEER),
    permit("peer of the other family", 443, peer("2001:4860:4860::8888")),
    permit("good peer and one of the other family", 443, PEER, peer("2001:4860:4860::8888")),
    permit("unknown attribute", 420, PEER, (UNKNOWN, b"?"), unknown=(UNKNOWN,)),
]

BAD_CHANNELS = [
    bind("no allocation", 437, CHANNEL, PEER, setup=nothing),
    bind("no channel", 400, PEER),
    bind("no channel but behind the integrity", 400, PEER, behind=[CHANNEL]),
    bind("no peer", 400, CHANNEL),
    bind("no peer but behind the integrity", 400, CHANNEL, behind=[PEER]),
    bind("channel of two octets", 400, (Attribute.CHANNEL_NUMBER, b"\x40\x00"), PEER),
    bind("channel 0", 400, channel(0), PEER),
    bind("channel 0x3fff", 400, channel(0x3FFF), PEER),
    bind("channel 0x8000", 400, channel(0x8000), PEER),
    bind("channel 0xffff", 400, channel(0xFFFF), PEER),
    bind("short peer", 400, CHANNEL, SHORT_PEER),
    bind("peer of no family", 400, CHANNEL, PEER_OF_NO_FAMILY),
    bind("peer of the other family", 443, CHANNEL, peer("2001:4860:4860::8888")),
    bind("channel of another peer", 400, CHANNEL, peer("127.0.0.1", 10), setup=bound),
    bind("peer of another channel", 400, channel(0x4001), PEER, setup=bound),
    bind("unknown attribute", 420, CHANNEL, PEER, (UNKNOWN, b"?"), unknown=(UNKNOWN,)),
]

BAD_SIGNED_REQUESTS = [*BAD_ALLOCATES, *BAD_REFRESHES, *BAD_PERMISSIONS, *BAD_CHANNELS]
