"""What the relay makes of single messages: Binding, nonsense, and requests that are wrong in one point."""

from __future__ import annotations

import ipaddress
import random
import struct

import pytest

from support import stun
from support.bad_stun import (
    ANY_CODE,
    BAD_DATAGRAMS,
    UNKNOWN_OPTIONAL,
    WITHOUT_COOKIE,
    BadDatagram,
    BadRequest,
)
from support.relay import (
    TRANSPORTS,
    Connect,
    Relay,
)
from support.stun import Attribute, Kind, Message, Method, encode
from support.transports import Stream
from support.turnclient import Client

SMALL_FACTOR = 2.5
"""How much larger than a request its answer may be while nothing is proven."""


def named(case: BadDatagram | BadRequest) -> str:
    return case.id


# Binding


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_binding_tells_the_address_that_the_server_sees(connect: Connect, transport: str) -> None:
    client = connect(transport)
    answer = client.exchange(encode(Method.BINDING))
    assert answer.succeeded and answer.address(Attribute.XOR_MAPPED_ADDRESS) == client.transport.local
    assert not {Attribute.SOFTWARE, Attribute.NONCE, Attribute.REALM} & set(answer.types)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_binding_with_a_fingerprint_is_answered_with_one(connect: Connect, transport: str) -> None:
    client = connect(transport)
    answer = client.exchange(encode(Method.BINDING, add_fingerprint=True))
    assert answer.succeeded and answer.types[-1] == Attribute.FINGERPRINT


def test_binding_with_optional_attributes_is_answered(connect: Connect) -> None:
    attributes = [(UNKNOWN_OPTIONAL, b"x"), (Attribute.SOFTWARE, b"a test"), (0xC057, bytes(4))]
    answer = connect().exchange(encode(Method.BINDING, attributes=attributes))
    assert answer.succeeded, answer


@pytest.mark.parametrize("length", [*range(24), 127, 128])
def test_binding_with_optional_attributes_of_any_length_is_answered(connect: Connect, length: int) -> None:
    value = bytes(range(length))
    for padding in (0, 0x20, 0xFF):  # What fills up an attribute is of no account (RFC 8489, 14).
        wire = encode(Method.BINDING) + stun.encode_attribute(UNKNOWN_OPTIONAL, value, padding=padding)
        assert connect().exchange(stun.with_length(wire)).succeeded


# Octets of strangers


@pytest.mark.parametrize("case", BAD_DATAGRAMS, ids=named)
def test_a_bad_datagram_is_not_answered_or_with_its_error(connect: Connect, case: BadDatagram) -> None:
    client = connect()
    client.transport.send(case.wire)
    sentinel = encode(Method.BINDING)
    client.transport.send(sentinel)
    answers = []
    while (answer := answer_after(client)).transaction != sentinel[8:20]:
        answers.append(answer)
    if case.code is None:
        assert not answers
    elif case.code != ANY_CODE:
        assert [answer.error for answer in answers] == [case.code]
    for answer in answers:
        assert answer.kind == Kind.ERROR and answer.transaction == case.wire[8:20]
        assert len(answer.wire) <= SMALL_FACTOR * len(case.wire)
        assert not case.unknown or tuple(answer.unknown_attributes) == case.unknown


def answer_after(client: Client) -> Message:
    frame = client.transport.receive(10)
    assert frame is not None and frame.channel is None, frame
    return stun.decode(frame.octets)


@pytest.mark.parametrize("case", [case for case in BAD_DATAGRAMS if case.breaks_streams], ids=named)
@pytest.mark.parametrize("transport", ["tcp4", "tls4"])
def test_a_stream_that_is_out_of_step_is_ended(connect: Connect, transport: str, case: BadDatagram) -> None:
    client = connect(transport)
    assert isinstance(client.transport, Stream)
    client.transport.send(case.wire + bytes(64))
    assert client.transport.wait_for_end() == []


@pytest.mark.parametrize("transport", ["tcp4", "tls4"])
def test_a_stream_outlives_messages_that_are_wrong_inside(connect: Connect, transport: str) -> None:
    client = connect(transport)
    client.settle()  # Whose first message is no STUN at all is shown the door.
    for case in BAD_DATAGRAMS:
        if case.id in ("unknown attribute", "a success", "Send of nobody", "ChannelData of nobody"):
            octets = case.wire + bytes(-len(case.wire) % 4)
            client.transport.send(octets)
    client.settle()


@pytest.mark.parametrize("transport", ["tcp4", "tls4", "tcp6"])
@pytest.mark.parametrize("size", [1, 3, 7, 19, 21])
def test_a_stream_may_be_cut_anywhere(connect: Connect, transport: str, size: int) -> None:
    """Messages that arrive in pieces are answered once each, and in order."""
    client = connect(transport)
    wires = [encode(Method.BINDING, attributes=[(Attribute.SOFTWARE, b"x" * n)]) for n in range(5)]
    joined = b"".join(wires)
    for at in range(0, len(joined), size):
        client.transport.send(joined[at : at + size])
    for wire in wires:
        assert answer_after(client).transaction == wire[8:20]


# Clients of RFC 3489, whose messages have no cookie


@pytest.mark.parametrize("transport", ["udp4", "udp6"])
def test_binding_without_a_cookie_tells_the_address_in_clear(connect: Connect, transport: str) -> None:
    client = connect(transport)
    client.transport.send(WITHOUT_COOKIE)
    frame = client.transport.receive(10)
    assert frame is not None
    local, size = client.transport.local, 8 if transport == "udp4" else 20
    mapped = struct.pack("!HHBBH", 0x0001, size, 0, local.family, local.port)
    mapped += ipaddress.ip_address(local.host).packed
    assert frame.octets == struct.pack("!HH", 0x0101, 4 + size) + WITHOUT_COOKIE[4:20] + mapped
    assert len(frame.octets) <= SMALL_FACTOR * len(WITHOUT_COOKIE)


@pytest.mark.parametrize("transport", ["tcp4", "tls4"])
def test_in_a_stream_binding_without_a_cookie_is_out_of_step(connect: Connect, transport: str) -> None:
    client = connect(transport)
    assert isinstance(client.transport, Stream)
    client.transport.send(WITHOUT_COOKIE + bytes(64))
    assert client.transport.wait_for_end() == []


# Any octets at all


@pytest.mark.parametrize("seed", range(12))
def test_noise_on_any_listener_does_no_harm(shared_relay: Relay, connect: Connect, seed: int) -> None:
    noise = random.Random(seed)
    datagrams = connect()
    valid = (
        datagrams.signed(Method.ALLOCATE, datagrams.plain_allocate) if seed % 2 else encode(Method.BINDING)
    )
    for _ in range(200):
        datagrams.transport.send(mangled(noise, valid))
        datagrams.transport.receive(0)
    sentinel = encode(Method.BINDING)
    datagrams.transport.send(sentinel)  # What comes before its answer need be no message that we know.
    while (frame := datagrams.transport.receive(10)) is not None and frame.octets[8:20] != sentinel[8:20]:
        pass
    assert frame is not None
    for transport in ("tcp4", "tls4", "tcp6"):
        for _ in range(5):
            with connect(transport) as client:
                client.transport.send(mangled(noise, valid * 3))
    for tls in (True, False):  # And what is no TLS at all, on the port that expects it.
        with Stream(shared_relay.at(tls=tls)) as stream:
            stream.send(noise.randbytes(noise.randrange(1, 4000)))
    connect("tls4").bind()


def mangled(noise: random.Random, wire: bytes) -> bytes:
    """A message with some octets changed, cut, or doubled; or no message at all."""
    kind = noise.randrange(5)
    if kind == 0:
        return noise.randbytes(noise.randrange(1, 1500))
    octets = bytearray(wire)
    for _ in range(noise.randrange(1, 6)):
        octets[noise.randrange(len(octets))] = noise.randrange(256)
    if kind == 1:
        del octets[noise.randrange(1, len(octets)) :]
    if kind == 2:
        octets += noise.randbytes(noise.randrange(1, 200))
    if kind == 3:
        octets[2:4] = struct.pack("!H", max(len(octets) - stun.HEADER_BYTES, 0))
    return bytes(octets)
