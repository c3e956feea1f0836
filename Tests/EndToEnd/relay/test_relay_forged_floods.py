"""Datagrams in somebody's name use up nothing of what that somebody alone can ask for.

No forging is needed for it: what a flood from an address does is the same, whoever sends it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator

import pytest

from support.certificates import Certificate
from support.proxiedways import PROXY, WAYS, by
from support.proxyheader import version1
from support.relay import PASSWORD, SOURCES, USER, Relay, connecting, running
from support.stun import Message, Method, encode
from support.transports import LIMIT, Datagrams
from support.turnclient import Client, signed_allocate

BURST = 5
BINDING = encode(Method.BINDING)


@pytest.fixture(scope="module")
def sparing(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[Relay]:
    """A relay that answers without a password five times, then once a second, on every port there is."""
    limits = {"RELAY_ANSWER_RATE": 1, "RELAY_ANSWER_BURST": BURST, "RELAY_LOOPS": 1, "RELAY_NONCE_LIFETIME": 2}
    tls = {"TLS_PORT": 0, "TLS_CERT": certificate.cert, "TLS_KEY": certificate.key}
    settings = tls | {"PROXY_PROTOCOL_FROM": PROXY} | limits
    with running(tmp_path_factory.mktemp("forged"), **settings) as relay:
        yield relay


def flood(relay: Relay, source: str) -> None:
    """Datagrams from this address until they are answered no more, all of them handled."""
    with Datagrams(relay.at(), source) as flooder:
        for _ in range(40):
            flooder.send(BINDING)
    with relay.client() as elsewhere:
        elsewhere.settle()


def ask_once(client: Client, wire: bytes) -> Message:
    """The answer to a datagram that is not repeated: none may be lost on loopback."""
    client.transport.send(wire)
    answer = client.answer_to(wire[8:20], LIMIT)
    assert answer is not None, "no answer while the address is flooded"
    return answer


@pytest.mark.parametrize("way", WAYS)
def test_streams_of_an_address_that_floods_are_answered(sparing: Relay, way: str) -> None:
    source = next(SOURCES)
    for _ in range(BURST - 1):
        flood(sparing, source)
        with by(sparing, way, b"", source) as stream:
            assert Client(stream, USER, PASSWORD).challenge().error == 401


@pytest.mark.parametrize("way", WAYS)
def test_so_are_those_that_come_by_a_proxy(sparing: Relay, way: str) -> None:
    source = next(SOURCES)
    for number in range(BURST - 1):
        flood(sparing, source)
        with by(sparing, way, version1(source, port=43_000 + number)) as stream:
            client = Client(stream, USER, PASSWORD)
            client.allocate()
            assert client.refresh(0).succeeded


def test_datagrams_with_a_nonce_are_answered_also_when_it_has_become_too_old(sparing: Relay) -> None:
    """A wrong password is told, and a call goes on."""
    with connecting(sparing) as connect:
        client = connect()
        source = client.transport.local.host
        client.allocate()
        mistaken = connect(name=USER, password="wrong", source=source)
        mistaken.challenge()
        flood(sparing, source)
        assert ask_once(mistaken, signed_allocate(mistaken)).error == 401
        old = client.credentials.nonce
        deadline = time.monotonic() + 15
        while True:
            flood(sparing, source)
            answer = ask_once(client, client.signed(Method.REFRESH, []))
            if answer.error == 438:
                break
            assert answer.succeeded and time.monotonic() < deadline, answer
            time.sleep(0.3)
        client.credentials.take(answer)
        assert client.credentials.nonce != old
        assert ask_once(client, client.signed(Method.REFRESH, [])).succeeded


def test_datagrams_with_a_made_up_nonce_are_not(sparing: Relay) -> None:
    with connecting(sparing) as connect:
        client = connect()
        source = client.transport.local.host
        client.challenge()
        flood(sparing, source)
        client.credentials.nonce = secrets.token_urlsafe(12).encode()
        start, wires = time.monotonic(), [signed_allocate(client) for _ in range(40)]
        for wire in wires:
            client.transport.send(wire)
        connect().settle()
        answers = 0
        while client.transport.receive(0.05) is not None:
            answers += 1
        assert answers <= 2 + (time.monotonic() - start)


@pytest.mark.parametrize("way", ["udp", *WAYS])
def test_what_is_proved_is_limited_too(sparing: Relay, way: str) -> None:
    source = next(SOURCES)
    transport = Datagrams(sparing.at(), source) if way == "udp" else by(sparing, way, b"", source)
    with Client(transport, USER, "wrong") as client:
        client.challenge()
        start, wire = time.monotonic(), signed_allocate(client)
        for _ in range(60):
            client.transport.send(wire)
        with sparing.client() as elsewhere:
            elsewhere.settle()
        answers = 0
        while client.transport.receive(0.3) is not None:
            answers += 1
        assert 1 <= answers <= BURST + 2 + (time.monotonic() - start)
