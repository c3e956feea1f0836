"""Nonces verify wherever the retry lands: on every loop, every transport, after a restart."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from support.relay import PASSWORD, SECRETS, USER, Connect, Relay, time_limited
from support.stun import Attribute, Method

StartRelay = Callable[..., Relay]


def test_a_wrong_nonce_is_stale_and_the_next_one_is_good(connect: Connect) -> None:
    client = connect()
    client.challenge()
    good = client.credentials.nonce
    for wrong in (b"x", good[:-1] + bytes([good[-1] ^ 1]), good + b"x", b"\xff" * 16, b"n" * 763, b""):
        client.credentials.nonce = wrong
        answer = client.exchange(client.signed(Method.ALLOCATE, client.plain_allocate))
        assert answer.error in (438, 400) if wrong == b"" else answer.error == 438, (wrong, answer)
        assert Attribute.REALM in answer and Attribute.NONCE in answer
    client.credentials.take(answer)
    assert client.exchange(client.signed(Method.ALLOCATE, client.plain_allocate)).succeeded


def test_a_nonce_is_good_for_one_address(connect: Connect) -> None:
    client, other = connect(), connect()
    client.challenge()
    other.credentials = client.credentials
    assert other.exchange(other.signed(Method.ALLOCATE, other.plain_allocate)).error == 438


@pytest.mark.parametrize("family", ["4", "6"])
def test_a_nonce_verifies_on_every_loop_and_transport(start_relay: StartRelay, family: str) -> None:
    """The kernel spreads source ports over loops, so that 32 of them meet each of four loops."""
    relay = start_relay(RELAY_LOOPS=4)
    source = "127.9.9.9" if family == "4" else None
    first = relay.client(f"udp{family}", source=source)
    first.challenge()
    for number in range(32):
        with relay.client(
            ("udp", "tcp", "tls")[number % 8 // 6 + number % 8 // 7] + family, source=source
        ) as client:
            client.credentials = first.credentials
            answer = client.exchange(client.signed(Method.ALLOCATE, client.plain_allocate))
            assert answer.succeeded, (number, answer)


@pytest.mark.parametrize(
    "credentials",
    [{}, {"RELAY_USERS": ""}, {"RELAY_SECRETS": ""}],
    ids=["users and secrets", "secrets only", "users only"],
)
def test_a_nonce_outlives_a_restart(start_relay: StartRelay, credentials: dict[str, str]) -> None:
    relay = start_relay(**credentials)
    name = f"{int(time.time()) + 600}:someone"
    who = (USER, PASSWORD) if credentials.get("RELAY_USERS") != "" else (name, time_limited(SECRETS[0], name))
    client = relay.client("udp4", *who)
    client.challenge()
    assert relay.stop() == 0
    relay.start()
    answer = client.exchange(client.signed(Method.ALLOCATE, client.plain_allocate))
    assert answer.succeeded, answer


def test_a_nonce_outlives_the_rotation_of_the_first_secret(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_SECRETS="old", RELAY_USERS="")
    name = f"{int(time.time()) + 600}:someone"
    client = relay.client("udp4", name, time_limited("old", name))
    client.challenge()
    assert relay.stop() == 0
    relay.settings["RELAY_SECRETS"] = "new,old"
    relay.start()
    assert client.exchange(client.signed(Method.ALLOCATE, client.plain_allocate)).succeeded


def test_a_nonce_becomes_stale_and_is_replaced_within_an_allocation(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_NONCE_LIFETIME=1)
    client = relay.client()
    client.allocate()
    deadline = time.monotonic() + 10
    while (answer := client.exchange(client.signed(Method.REFRESH, []))).succeeded:
        assert time.monotonic() < deadline, "the nonce never became stale"
    assert answer.error == 438
    client.credentials.take(answer)
    assert client.refresh().succeeded
