"""Limits by address: guessing join codes, creating and checking, and whose address counts."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.rest import Answer, Rest, new_code, new_device
from support.switchboard import Server
from support.waiting import eventually

GUESSES = 10


@pytest.fixture
def proxied(start_server: Callable[..., Server]) -> Rest:
    """A server that believes what this machine says about its clients' addresses."""
    return Rest(start_server(TRUSTED_PROXIES="127.0.0.1"))


def guess(rest: Rest) -> Answer:
    return rest.accept(new_code(), new_device())


def lock_out(rest: Rest, guesses: int = GUESSES) -> None:
    assert [guess(rest).status for _ in range(guesses)] == [404] * guesses
    assert guess(rest).status == 429


def assert_rate_limited(answer: Answer, longest: float) -> None:
    assert (answer.status, answer.error) == (429, "rate_limited")
    seconds = answer.json["retryAfter"]
    assert isinstance(seconds, int) and 1 <= seconds <= longest
    assert answer.headers["retry-after"] == str(seconds)


# Guessing


def test_an_address_that_guesses_is_locked_out_and_no_other(proxied: Rest) -> None:
    attacker, other = proxied.from_address("198.51.100.7"), proxied.from_address("198.51.100.8")
    code = new_code()
    assert other.create(code, new_device()).status == 201
    lock_out(attacker)
    refused = attacker.accept(code, new_device())
    assert_rate_limited(refused, 900)
    assert refused.json["retryAfter"] > 890, "a quarter of an hour"
    assert other.accept(code, new_device()).status == 200


def test_a_lockout_stops_only_accepts(proxied: Rest) -> None:
    attacker = proxied.from_address("198.51.100.7")
    lock_out(attacker)
    code, device = new_code(), new_device()
    assert attacker.create(code, device).status == 201
    assert attacker.check(code, device).status == 204


def test_successes_lock_nobody_out_and_do_not_wash_failures_away(proxied: Rest) -> None:
    home = proxied.from_address("198.51.100.7")
    for _ in range(GUESSES - 1):
        assert guess(home).status == 404
    for _ in range(2 * GUESSES):
        home.pair(new_device(), new_device())
    assert guess(home).status == 404
    assert_rate_limited(guess(home), 900)


def test_a_lockout_ends_and_the_next_is_twice_as_long(start_server: Callable[..., Server]) -> None:
    server = start_server(TRUSTED_PROXIES="127.0.0.1", ACCEPT_FAILURES=2, ACCEPT_LOCKOUT=1)
    attacker = Rest(server).from_address("198.51.100.7")
    lock_out(attacker, 2)
    assert_rate_limited(guess(attacker), 1)
    eventually(lambda: guess(attacker).status == 404, 5, "the first lockout ends")
    seconds = eventually(
        lambda: (answer := guess(attacker)).status == 429 and answer.json["retryAfter"], 5, "a second lockout"
    )
    assert seconds == 2


def test_an_ipv6_network_of_64_bits_counts_as_one_address(proxied: Rest) -> None:
    for number in range(GUESSES):
        assert guess(proxied.from_address(f"2001:db8:0:1::{number:x}")).status == 404
    assert guess(proxied.from_address("2001:db8:0:1:ffff::1")).status == 429
    assert guess(proxied.from_address("2001:db8:0:2::1")).status == 404


def test_an_ipv4_address_in_ipv6_clothes_is_the_same_address(proxied: Rest) -> None:
    lock_out(proxied.from_address("198.51.100.7"))
    assert guess(proxied.from_address("::ffff:198.51.100.7")).status == 429
    assert guess(proxied.from_address("::ffff:198.51.100.8")).status == 404


def test_a_flood_of_guesses_from_everywhere_slows_all_accepts(start_server: Callable[..., Server]) -> None:
    """However many addresses guess, together they learn about few codes; others wait or come back later."""
    rest = Rest(start_server(TRUSTED_PROXIES="127.0.0.1", GLOBAL_ACCEPT_FAILURES_PER_MINUTE=20))
    code = new_code()
    assert rest.create(code, new_device()).status == 201
    started = time.monotonic()
    with ThreadPoolExecutor(50) as pool:
        guesses = list(pool.map(lambda number: guess(rest.from_address(f"198.51.100.{number}")), range(50)))
    told = sum(answer.status == 404 for answer in guesses)
    assert 20 <= told <= 20 + (time.monotonic() - started) / 3 + 1
    for answer in guesses:
        if answer.status != 404:
            assert_rate_limited(answer, 60)
    right = rest.from_address("203.0.113.1")
    assert eventually(
        lambda: right.accept(code, new_device()).status == 200, 20, "the right code goes through"
    )


# Whose address


def test_the_rightmost_hop_that_is_no_proxy_is_the_client(start_server: Callable[..., Server]) -> None:
    rest = Rest(start_server(TRUSTED_PROXIES="127.0.0.0/8,10.0.0.0/8,2001:db8:ffff::/48", ACCEPT_FAILURES=4))
    for hops in (
        "198.51.100.7",
        "203.0.113.1, 198.51.100.7",
        "203.0.113.2,198.51.100.7 , 10.1.2.3, 127.0.0.1",
        "not an address, 198.51.100.7, 2001:db8:ffff::1",
    ):
        assert guess(rest.from_address(hops)).status == 404
    assert guess(rest.from_address("203.0.113.3, 198.51.100.7")).status == 429
    assert guess(rest.from_address("203.0.113.1")).status == 404
    assert guess(rest.from_address("198.51.100.7, 203.0.113.1")).status == 404


def test_a_loopback_caller_without_forwarding_header_has_no_limits(
    start_server: Callable[..., Server],
) -> None:
    settings = {"ACCEPT_FAILURES": 2, "CREATES_PER_MINUTE": 2, "CHECKS_PER_MINUTE": 2}
    rest = Rest(start_server(GLOBAL_ACCEPT_FAILURES_PER_MINUTE=2, **settings))
    for _ in range(10):
        assert guess(rest).status == 404
        assert rest.create(new_code(), new_device()).status == 201
        assert rest.check(new_code(), new_device()).status == 404


def test_forwarded_callers_are_one_address_until_the_proxy_is_trusted(
    start_server: Callable[..., Server],
) -> None:
    server = start_server()
    rest = Rest(server)
    for number in range(GUESSES):
        assert guess(rest.from_address(f"198.51.100.{number}")).status == 404
    assert_rate_limited(guess(rest.from_address("203.0.113.1")), 900)
    assert guess(rest).status == 404, "the direct caller is still local"
    hints = [line for line in server.lines if "TRUSTED_PROXIES" in line]
    assert len(hints) == 1, "the log says once what to configure"


def test_an_untrusted_proxy_header_moves_nobody(start_server: Callable[..., Server]) -> None:
    rest = Rest(start_server(TRUSTED_PROXIES="10.0.0.1"))
    for number in range(GUESSES):
        assert guess(rest.from_address(f"198.51.100.{number}")).status == 404
    assert guess(rest.from_address("203.0.113.1")).status == 429


# Creates and checks


def test_creates_and_checks_have_limits_of_their_own(start_server: Callable[..., Server]) -> None:
    rest = Rest(start_server(TRUSTED_PROXIES="127.0.0.1", CREATES_PER_MINUTE=5, CHECKS_PER_MINUTE=7))
    busy, other = rest.from_address("198.51.100.7"), rest.from_address("198.51.100.8")
    code, device = new_code(), new_device()
    assert [busy.create(code, device).status for _ in range(5)] == [201] * 5
    assert_rate_limited(busy.create(code, device), 60)
    assert [busy.check(code, device).status for _ in range(7)] == [204] * 7
    assert_rate_limited(busy.check(code, device), 60)
    assert busy.accept(code, new_device()).status == 200
    assert other.create(new_code(), device).status == 201
    assert other.check(code, device).status == 200
