"""Requests are believed for their integrity, of either kind, and nobody learns anything from a refusal."""

from __future__ import annotations

import time
from typing import Any

import pytest

from support import stun
from support.relay import (
    OTHER,
    OTHER_PASSWORD,
    PASSWORD,
    REALM,
    TRANSPORTS,
    USER,
    Connect,
)
from support.stun import Algorithm, Attribute, Key, Message, Method, encode
from support.transports import Peer
from support.turnclient import Client, signed_allocate


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("userhash", [False, True], ids=["name", "userhash"])
def test_sha256_is_used_from_end_to_end(connect: Connect, transport: str, userhash: bool) -> None:
    client = connect(transport, sha256=True, userhash=userhash)
    client.challenge(attributes=[*client.plain_allocate, (Attribute.SOFTWARE, b"x" * 60)])
    answer = client.try_allocate()
    assert answer.succeeded, answer
    assert Attribute.MESSAGE_INTEGRITY_SHA256 in answer and Attribute.MESSAGE_INTEGRITY not in answer
    with Peer(answer.address(Attribute.XOR_RELAYED_ADDRESS).host) as peer:
        assert client.permit(peer.endpoint).succeeded
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
    assert client.refresh(0).succeeded


def refusal_of(client: Client, wire: bytes) -> int | None:
    """The code that answers a request, or None where the answer to a later one comes without it."""
    client.transport.send(wire)
    sentinel = encode(Method.BINDING)
    client.transport.send(sentinel)
    answers: dict[bytes, Message] = {}
    while sentinel[8:20] not in answers:
        frame = client.transport.receive(10)
        assert frame is not None, "not even the later request was answered"
        message = stun.decode(frame.octets)
        answers[message.transaction] = message
    answer = answers.get(wire[8:20])
    assert answer is None or not answer.succeeded, answer
    return answer.error if answer else None


@pytest.mark.parametrize("length", [16, 20, 24, 28])
def test_a_truncated_sha256_integrity_is_none(connect: Connect, length: int) -> None:
    """TURN does not say that it may be truncated, so it may not (RFC 8489, 14.6)."""
    client = connect("tcp4", sha256=True)
    client.challenge()
    body = encode(Method.ALLOCATE, attributes=[*client.plain_allocate, *client.credentials.attributes])
    full = stun.integrity(body, Attribute.MESSAGE_INTEGRITY_SHA256, client.credentials.key)
    cut = stun.encode_attribute(Attribute.MESSAGE_INTEGRITY_SHA256, full[4 : 4 + length])
    assert refusal_of(client, stun.with_length(body + cut)) in (None, 400, 401)


@pytest.mark.parametrize(
    ("missing", "code"),
    [(Attribute.USERNAME, 400), (Attribute.REALM, 400), (Attribute.NONCE, 400)],
    ids=["name", "realm", "nonce"],
)
def test_a_signed_request_must_say_who_where_and_when(connect: Connect, missing: int, code: int) -> None:
    client = connect()
    client.challenge()
    assert client.exchange(signed_allocate(client, without=[missing])).error == code


@pytest.mark.parametrize(
    "changes",
    [
        {"key": Key(USER, REALM, "wrong")},
        {"key": Key(USER, "elsewhere", PASSWORD)},
        {"key": Key(OTHER, REALM, OTHER_PASSWORD)},
        {"key": Key(USER, REALM, PASSWORD, Algorithm.SHA256)},
        {"replaced": {Attribute.USERNAME: b"nobody"}},
        {"replaced": {Attribute.USERNAME: b""}},
        {"replaced": {Attribute.USERNAME: b"\xff\xfe\xfd"}},
        {"replaced": {Attribute.USERNAME: b"x" * 508}},
        {"replaced": {Attribute.USERNAME: b"%s%s%n%n"}},
        {"replaced": {Attribute.USERNAME: USER.encode() + b"\0"}},
    ],
    ids=str,
)
def test_wrong_credentials_are_refused_with_a_new_challenge(
    connect: Connect, changes: dict[str, Any]
) -> None:
    client = connect()
    client.challenge()
    answer = client.exchange(signed_allocate(client, **changes))
    if not is_text(changes.get("replaced", {}).get(Attribute.USERNAME, b"text")):
        assert answer.error in (400, 401), answer
        return
    assert answer.error == 401 and {Attribute.REALM, Attribute.NONCE} <= set(answer.types), answer
    assert not {Attribute.MESSAGE_INTEGRITY, Attribute.USERNAME} & set(answer.types)


def is_text(octets: bytes) -> bool:
    """Whether this may be somebody's name at all."""
    return octets.isascii() and bool(octets) and b"\0" not in octets


@pytest.mark.parametrize("type", [Attribute.MESSAGE_INTEGRITY, Attribute.MESSAGE_INTEGRITY_SHA256])
@pytest.mark.parametrize(
    "octets", [b"", b"x", bytes(16), bytes(19), bytes(20), bytes(32), bytes(33)], ids=len
)
def test_an_integrity_of_the_wrong_length_or_content_is_refused(
    connect: Connect, type: int, octets: bytes
) -> None:
    client = connect("tcp4")
    client.challenge()
    attributes = [*client.plain_allocate, *client.credentials.attributes, (type, octets)]
    assert refusal_of(client, encode(Method.ALLOCATE, attributes=attributes)) in (None, 400, 401)


def test_every_bit_of_the_integrity_counts(connect: Connect) -> None:
    client = connect()
    client.challenge()
    right = client.signed(Method.ALLOCATE, client.plain_allocate)
    for bit in range(0, 160, 7):
        at = len(right) - 20 + bit // 8
        wrong = (
            right[:8]
            + stun.new_transaction()
            + right[20:at]
            + bytes([right[at] ^ 1 << bit % 8])
            + right[at + 1 :]
        )
        assert client.exchange(wrong).error == 401
    assert client.exchange(right).succeeded


# Telling nothing to who guesses


def test_an_unknown_name_and_a_wrong_password_look_the_same(connect: Connect) -> None:
    client = connect()
    client.challenge()
    name = f"{int(time.time()) + 60}:alice"
    guesses = [
        signed_allocate(client, replaced={Attribute.USERNAME: who}, key=Key(who.decode(), REALM, "wrong"))
        for who in (USER.encode(), b"testusex", name.encode(), b"1:alice")
    ]
    shapes = set()
    for guess in guesses:
        answer = client.exchange(guess)
        masked = [(type, b"" if type == Attribute.NONCE else value) for type, value in answer.attributes]
        shapes.add((len(answer.wire), answer.wire[:2], tuple(masked)))
    assert len(shapes) == 1, shapes


def test_an_unknown_name_and_a_wrong_password_take_the_same_time(connect: Connect) -> None:
    """What a lookup that ends early saves shows each time; what a busy machine adds does not."""
    client = connect()
    client.challenge()
    ratios = []
    for _ in range(4):
        ratios.append(time_of_a_guess(client, (USER.encode(), b"testusex")))
        if 0.8 < ratios[-1] < 1.25:
            return
    raise AssertionError(f"a known name takes so many times as long as an unknown one: {ratios}")


def time_of_a_guess(client: Client, names: tuple[bytes, bytes]) -> float:
    """How much longer a guess takes for the first name than for the second: lower quartiles of alternating ones."""
    times: dict[bytes, list[float]] = {name: [] for name in names}
    for _ in range(300):
        for name, taken in times.items():
            wire = signed_allocate(client, replaced={Attribute.USERNAME: name}, key=b"0123456789abcdef")
            start = time.perf_counter()
            assert client.exchange(wire).error == 401
            taken.append(time.perf_counter() - start)
    first, second = (sorted(taken)[len(taken) // 4] for taken in times.values())
    return first / second
