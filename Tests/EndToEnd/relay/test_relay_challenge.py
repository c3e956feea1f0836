"""What the relay says to who has proved nothing, and how it is kept from being weakened on the way."""

from __future__ import annotations

import base64

import pytest

from support.relay import PASSWORD, REALM, TRANSPORTS, USER, Connect
from support.stun import Algorithm, Attribute, Key, Message, Method, encode, password_algorithms
from support.turnclient import Client, signed_allocate

COOKIE = b"obMatJos2"
"""What starts a nonce whose next four characters are feature bits (RFC 8489, 9.2)."""


@pytest.mark.parametrize("transport", ["tcp4", "tcp6", "tls4"])
def test_on_streams_the_challenge_offers_algorithms_and_says_so_in_the_nonce(
    connect: Connect, transport: str
) -> None:
    answer = connect(transport).challenge()
    assert answer[Attribute.REALM] == REALM.encode()
    assert_offers_algorithms(answer)


def assert_offers_algorithms(answer: Message) -> None:
    assert algorithms_of(answer) == [Algorithm.SHA256, Algorithm.MD5]
    nonce = answer[Attribute.NONCE]
    assert nonce.startswith(COOKIE) and len(nonce) <= 127
    bits = decoded_features(nonce)
    assert bits == 0x800000, "password algorithms; no anonymity where names are not known beforehand"


def algorithms_of(answer: Message) -> list[int]:
    value, found = answer[Attribute.PASSWORD_ALGORITHMS], []
    while value:
        length = int.from_bytes(value[2:4], "big")
        found.append(int.from_bytes(value[:2], "big"))
        value = value[4 + length + -length % 4 :]
    return found


def decoded_features(nonce: bytes) -> int:
    return int.from_bytes(base64.b64decode(nonce[9:13]), "big")


def test_over_udp_the_offer_is_made_where_the_request_has_room_for_it(connect: Connect) -> None:
    client = connect()
    small = client.challenge()
    assert Attribute.PASSWORD_ALGORITHMS not in small
    assert not small[Attribute.NONCE].startswith(COOKIE)
    assert len(small.wire) <= 2.5 * 28
    large = client.challenge(attributes=[*client.plain_allocate, (Attribute.SOFTWARE, b"x" * 40)])
    assert_offers_algorithms(large)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_challenge_has_neither_integrity_nor_software(connect: Connect, transport: str) -> None:
    answer = connect(transport).challenge()
    allowed = {Attribute.ERROR_CODE, Attribute.REALM, Attribute.NONCE, Attribute.PASSWORD_ALGORITHMS}
    assert set(answer.types) <= allowed
    assert len(answer.reason) <= 16


@pytest.mark.parametrize(
    "method", [Method.ALLOCATE, Method.REFRESH, Method.CREATE_PERMISSION, Method.CHANNEL_BIND]
)
def test_every_request_but_binding_wants_credentials(connect: Connect, method: int) -> None:
    attributes = [(Attribute.SOFTWARE, b"x" * 60)]
    assert connect().exchange(encode(method, attributes=attributes)).error == 401
    assert connect("tcp4").exchange(encode(method)).error == 401


# Bidding down


def sha256_client(connect: Connect) -> Client:
    client = connect("tcp4", sha256=True)
    client.challenge()
    return client


@pytest.mark.parametrize(
    "replaced",
    [
        {Attribute.PASSWORD_ALGORITHMS: password_algorithms(Algorithm.MD5)},
        {Attribute.PASSWORD_ALGORITHMS: password_algorithms(Algorithm.MD5, Algorithm.SHA256)},
        {Attribute.PASSWORD_ALGORITHMS: b""},
        {Attribute.PASSWORD_ALGORITHM: password_algorithms(3)},
        {Attribute.PASSWORD_ALGORITHM: b"\0"},
    ],
    ids=["only MD5 left", "order changed", "emptied", "algorithm not offered", "short algorithm"],
)
def test_a_changed_list_of_algorithms_is_refused(connect: Connect, replaced: dict[int, bytes]) -> None:
    """Someone between client and server took the better algorithm out of the 401."""
    client = sha256_client(connect)
    assert client.exchange(signed_allocate(client, replaced=replaced)).error == 400


@pytest.mark.parametrize("missing", [Attribute.PASSWORD_ALGORITHMS, Attribute.PASSWORD_ALGORITHM])
def test_algorithm_and_list_come_together(connect: Connect, missing: int) -> None:
    client = sha256_client(connect)
    assert client.exchange(signed_allocate(client, without=[missing])).error == 400


def test_feature_bits_cannot_be_cleared_in_the_nonce(connect: Connect) -> None:
    client = sha256_client(connect)
    nonce = client.credentials.nonce
    client.credentials.nonce = nonce[:9] + b"AAAA" + nonce[13:]
    answer = client.exchange(client.signed(Method.ALLOCATE, client.plain_allocate))
    assert answer.error in (400, 438), answer


def test_a_client_of_rfc_5389_ignores_algorithms_and_is_served(connect: Connect) -> None:
    client = connect("tcp4")
    assert COOKIE in client.challenge()[Attribute.NONCE]
    client.allocate()


def test_md5_may_be_chosen_from_the_list(connect: Connect) -> None:
    client = sha256_client(connect)
    replaced = {int(Attribute.PASSWORD_ALGORITHM): password_algorithms(Algorithm.MD5)}
    answer = client.exchange(signed_allocate(client, replaced=replaced, key=Key(USER, REALM, PASSWORD)))
    assert answer.succeeded and answer.is_signed_by(Key(USER, REALM, PASSWORD))
