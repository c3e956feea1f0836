"""STUN and TURN messages as bytes (RFC 8489, RFC 8656), for tests that speak to the relay.

It shares nothing with the server's own codec, so that a mistake there is not repeated here. Everything can be
encoded wrongly on purpose: lengths, padding, order, integrity, what stands behind the integrity.
"""

from __future__ import annotations

import dataclasses
import enum
import hashlib
import hmac
import ipaddress
import secrets
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

COOKIE = 0x2112A442
HEADER_BYTES = 20
UDP = 17
TCP = 6
IPV4 = 1
IPV6 = 2


class Method(enum.IntEnum):
    BINDING = 1
    ALLOCATE = 3
    REFRESH = 4
    SEND = 6
    DATA = 7
    CREATE_PERMISSION = 8
    CHANNEL_BIND = 9
    CONNECT = 10


class Kind(enum.IntEnum):
    REQUEST = 0
    INDICATION = 1
    SUCCESS = 2
    ERROR = 3


class Attribute(enum.IntEnum):
    MAPPED_ADDRESS = 0x0001
    USERNAME = 0x0006
    MESSAGE_INTEGRITY = 0x0008
    ERROR_CODE = 0x0009
    UNKNOWN_ATTRIBUTES = 0x000A
    CHANNEL_NUMBER = 0x000C
    LIFETIME = 0x000D
    XOR_PEER_ADDRESS = 0x0012
    DATA = 0x0013
    REALM = 0x0014
    NONCE = 0x0015
    XOR_RELAYED_ADDRESS = 0x0016
    REQUESTED_ADDRESS_FAMILY = 0x0017
    EVEN_PORT = 0x0018
    REQUESTED_TRANSPORT = 0x0019
    DONT_FRAGMENT = 0x001A
    MESSAGE_INTEGRITY_SHA256 = 0x001C
    PASSWORD_ALGORITHM = 0x001D
    USERHASH = 0x001E
    XOR_MAPPED_ADDRESS = 0x0020
    RESERVATION_TOKEN = 0x0022
    ADDITIONAL_ADDRESS_FAMILY = 0x8000
    ADDRESS_ERROR_CODE = 0x8001
    PASSWORD_ALGORITHMS = 0x8002
    ICMP = 0x8004
    SOFTWARE = 0x8022
    FINGERPRINT = 0x8028
    ADDITIONAL_ADDRESS_FAMILY_OLD = 0x8032
    """What coturn before 4.8 calls ADDITIONAL-ADDRESS-FAMILY."""


class Algorithm(enum.IntEnum):
    """How a password becomes a key (RFC 8489, 18.5)."""

    MD5 = 1
    SHA256 = 2


class Endpoint(NamedTuple):
    """An address and a port; written XORed where an attribute's value is one."""

    host: str
    port: int

    @property
    def family(self) -> int:
        return IPV4 if ipaddress.ip_address(self.host).version == 4 else IPV6


Value = bytes | Endpoint
Attributes = Sequence[tuple[int, Value]]


class Malformed(Exception):
    """What arrived is no message that a server may send."""


@dataclasses.dataclass(frozen=True)
class Key:
    """A user's long-term key under one realm (RFC 8489, 9.2.2)."""

    name: str
    realm: str
    password: str
    algorithm: Algorithm = Algorithm.MD5

    @property
    def octets(self) -> bytes:
        text = f"{self.name}:{self.realm}:{self.password}".encode()
        return (
            hashlib.md5(text).digest() if self.algorithm == Algorithm.MD5 else hashlib.sha256(text).digest()
        )

    @property
    def userhash(self) -> bytes:
        return hashlib.sha256(f"{self.name}:{self.realm}".encode()).digest()


@dataclasses.dataclass(frozen=True)
class Message:
    """A decoded message and the octets that it came in."""

    method: int
    kind: int
    transaction: bytes
    attributes: tuple[tuple[int, bytes], ...]
    wire: bytes

    def get(self, type: int) -> bytes | None:
        """The value of the first attribute of this type."""
        return next((value for known, value in self.attributes if known == type), None)

    def all(self, type: int) -> list[bytes]:
        return [value for known, value in self.attributes if known == type]

    def __getitem__(self, type: int) -> bytes:
        value = self.get(type)
        assert value is not None, f"no attribute {type:#06x} in {self}"
        return value

    def __contains__(self, type: int) -> bool:
        return self.get(type) is not None

    @property
    def types(self) -> list[int]:
        return [type for type, _ in self.attributes]

    def address(self, type: int) -> Endpoint:
        return decode_address(self[type], self.transaction)

    def addresses(self, type: int) -> list[Endpoint]:
        return [decode_address(value, self.transaction) for value in self.all(type)]

    def number(self, type: int) -> int:
        """The value of an attribute of four octets, such as LIFETIME."""
        (value,) = struct.unpack("!I", self[type])
        return int(value)

    @property
    def succeeded(self) -> bool:
        return self.kind == Kind.SUCCESS

    @property
    def error(self) -> int:
        """The code of an error response; 0 for anything else."""
        return error_code(self[Attribute.ERROR_CODE]) if self.kind == Kind.ERROR else 0

    @property
    def reason(self) -> str:
        return self[Attribute.ERROR_CODE][4:].decode()

    @property
    def unknown_attributes(self) -> list[int]:
        value = self[Attribute.UNKNOWN_ATTRIBUTES]
        return [type for (type,) in struct.iter_unpack("!H", value)]

    def is_signed_by(self, key: Key) -> bool:
        """Whether it has an integrity, and every one that it has is right."""
        found = [verify_integrity(self, type, key) for type in INTEGRITIES if type in self]
        return bool(found) and all(found)

    def __str__(self) -> str:
        names = [f"{name_of(type)}={value.hex()}" for type, value in self.attributes]
        return f"<{name_of_method(self.method)} {Kind(self.kind).name} {' '.join(names)}>"

    __repr__ = __str__


INTEGRITIES = {
    Attribute.MESSAGE_INTEGRITY: ("sha1", 20),
    Attribute.MESSAGE_INTEGRITY_SHA256: ("sha256", 32),
}


def name_of(type: int) -> str:
    return Attribute(type).name if type in Attribute.__members__.values() else f"{type:#06x}"


def name_of_method(method: int) -> str:
    return Method(method).name if method in Method.__members__.values() else f"{method:#x}"


# Encoding


def new_transaction() -> bytes:
    return secrets.token_bytes(12)


def message_type(method: int, kind: int) -> int:
    """The 14 bits in which method and class are interleaved (RFC 8489, 5)."""
    return (method & 0x0F) | (method & 0x70) << 1 | (method & 0xF80) << 2 | (kind & 1) << 4 | (kind & 2) << 7


def header(method: int, kind: int, byte_count: int, transaction: bytes) -> bytes:
    return struct.pack("!HHI", message_type(method, kind), byte_count, COOKIE) + transaction


def encode_attribute(type: int, value: Value, transaction: bytes = bytes(12), padding: int = 0) -> bytes:
    """One attribute, padded to four octets."""
    octets = encode_address(value, transaction) if isinstance(value, Endpoint) else value
    return struct.pack("!HH", type, len(octets)) + octets + bytes([padding]) * (-len(octets) % 4)


def encode_address(endpoint: Endpoint, transaction: bytes) -> bytes:
    """The value of an XOR-…-ADDRESS (RFC 8489, 14.2)."""
    address = ipaddress.ip_address(endpoint.host)
    mask = struct.pack("!I", COOKIE) + transaction
    octets = bytes(a ^ b for a, b in zip(address.packed, mask))
    return struct.pack("!BBH", 0, endpoint.family, endpoint.port ^ COOKIE >> 16) + octets


def integrity(body: bytes, type: int, key: Key | bytes) -> bytes:
    """The attribute that signs a message of which `body` is all before it, with whatever length it claims."""
    digest, size = INTEGRITIES[Attribute(type)]
    octets = key.octets if isinstance(key, Key) else key
    length = len(body) - HEADER_BYTES + 4 + size
    return encode_attribute(
        type, hmac.digest(octets, body[:2] + struct.pack("!H", length) + body[4:], digest)
    )


def fingerprint(body: bytes) -> bytes:
    """The attribute that ends a message of which `body` is all before it."""
    length = len(body) - HEADER_BYTES + 8
    checksum = zlib.crc32(body[:2] + struct.pack("!H", length) + body[4:]) ^ 0x5354554E
    return encode_attribute(Attribute.FINGERPRINT, struct.pack("!I", checksum))


def with_length(wire: bytes) -> bytes:
    """The same octets with the header's length set to what is there."""
    return wire[:2] + struct.pack("!H", len(wire) - HEADER_BYTES) + wire[4:]


def encode(
    method: int,
    kind: int = Kind.REQUEST,
    attributes: Attributes = (),
    *,
    transaction: bytes | None = None,
    key: Key | bytes | None = None,
    sign_with: Iterable[int] = (Attribute.MESSAGE_INTEGRITY,),
    behind: Attributes = (),
    add_fingerprint: bool = False,
) -> bytes:
    """A whole message. With a key it is signed; `behind` are attributes that follow the integrity."""
    transaction = new_transaction() if transaction is None else transaction
    wire = header(method, kind, 0, transaction)
    wire += b"".join(encode_attribute(type, value, transaction) for type, value in attributes)
    if key is not None:
        for type in sign_with:
            wire += integrity(wire, type, key)
    wire += b"".join(encode_attribute(type, value, transaction) for type, value in behind)
    if add_fingerprint:
        wire += fingerprint(wire)
    return with_length(wire)


def number(value: int) -> bytes:
    """A value of four octets, such as LIFETIME's."""
    return struct.pack("!I", value)


def channel_number(channel: int) -> bytes:
    return struct.pack("!HH", channel, 0)


def requested_transport(protocol: int = UDP) -> bytes:
    return bytes([protocol, 0, 0, 0])


def address_family(family: int) -> bytes:
    return bytes([family, 0, 0, 0])


def password_algorithms(*algorithms: int) -> bytes:
    """The value of PASSWORD-ALGORITHMS or, with one, of PASSWORD-ALGORITHM; none of ours has parameters."""
    return b"".join(struct.pack("!HH", algorithm, 0) for algorithm in algorithms)


def channel_data(channel: int, payload: bytes, padded: bool = False) -> bytes:
    """ChannelData (RFC 8656, 12.4); on streams it is padded to four octets."""
    return struct.pack("!HH", channel, len(payload)) + payload + bytes(-len(payload) % 4 if padded else 0)


# Decoding


def error_code(value: bytes) -> int:
    return (value[2] & 7) * 100 + value[3]


def decode_address(value: bytes, transaction: bytes) -> Endpoint:
    _, family, port = struct.unpack_from("!BBH", value)
    if (family, len(value)) not in ((IPV4, 8), (IPV6, 20)):
        raise Malformed(f"address {value.hex()}")
    mask = struct.pack("!I", COOKIE) + transaction
    octets = bytes(a ^ b for a, b in zip(value[4:], mask))
    return Endpoint(str(ipaddress.ip_address(octets)), port ^ COOKIE >> 16)


def decode(wire: bytes) -> Message:
    """A message as a server must send it: cookie, exact length, whole attributes, zero padding, right CRC."""
    if len(wire) < HEADER_BYTES:
        raise Malformed(f"{len(wire)} octets")
    type, length, cookie = struct.unpack_from("!HHI", wire)
    if type & 0xC000 or cookie != COOKIE or length != len(wire) - HEADER_BYTES or length % 4:
        raise Malformed(f"header {wire[:HEADER_BYTES].hex()} of {len(wire)} octets")
    method = (type & 0x0F) | (type & 0xE0) >> 1 | (type & 0x3E00) >> 2
    kind = (type & 0x10) >> 4 | (type & 0x100) >> 7
    attributes = []
    at = HEADER_BYTES
    while at < len(wire):
        known, count = struct.unpack_from("!HH", wire, at)
        end = at + 4 + count
        padded = end + -count % 4
        if padded > len(wire):
            raise Malformed(f"attribute {known:#06x} of {count} octets at {at}")
        if any(wire[end:padded]):
            raise Malformed(f"padding behind attribute {known:#06x} has octets of something else")
        if known == Attribute.FINGERPRINT and wire[at:padded] != fingerprint(wire[:at]):
            raise Malformed("wrong fingerprint")
        attributes.append((known, wire[at + 4 : end]))
        at = padded
    return Message(method, kind, wire[8:20], tuple(attributes), wire)


def verify_integrity(message: Message, type: int, key: Key | bytes) -> bool:
    """Whether the first integrity of this type in the message is right."""
    at = HEADER_BYTES
    for known, value in message.attributes:
        if known == type:
            return hmac.compare_digest(integrity(message.wire[:at], type, key)[4:], value)
        at += 4 + len(value) + -len(value) % 4
    return False


class ICMPError(NamedTuple):
    """The value of an ICMP attribute (RFC 8656, 18.13)."""

    type: int
    code: int
    data: bytes


def decode_icmp(value: bytes) -> ICMPError:
    assert len(value) == 8 and value[:2] == bytes(2), value.hex()
    (bits,) = struct.unpack_from("!H", value, 2)
    return ICMPError(bits >> 9, bits & 0x1FF, value[4:])
