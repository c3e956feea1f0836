"""Strangers in numbers: what they are answered is small, limited, forgotten, and not logged."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

import pytest

from support import stun
from support.bad_stun import BAD_DATAGRAMS, PEER, TRANSPORT
from support.processes import descriptors, resident
from support.relay import SECRETS, USER, Relay, connecting, running, time_limited
from support.stun import Attribute, Endpoint, Key, Kind, Method, encode
from support.transports import Datagrams, Peer
from support.turnclient import signed_allocate
from support.waiting import eventually

StartRelay = Callable[..., Relay]
MOST_AMPLIFIED = 2.5


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """Its limit of answers is high enough that every form is answered."""
    with running(tmp_path_factory.mktemp("floods")) as relay:
        yield relay


# Amplification


def forms() -> Iterator[tuple[str, bytes]]:
    """Every form of a request that a stranger can make: each method, each class, small, with and without."""
    names = {"": b"", "short": b"a", "user": USER.encode(), "long": b"x" * 300}
    for method in [*Method, 0, 2, 10, 0xFFF]:
        for kind in Kind:
            yield f"{method:#x} {kind.name} bare", encode(method, kind)
            yield f"{method:#x} {kind.name} with fingerprint", encode(method, kind, add_fingerprint=True)
        yield f"{method:#x} with an unknown attribute", encode(method, attributes=[(0x7ABC, b"")])
        many = [(0x7000 + n, b"") for n in range(40)]
        yield f"{method:#x} with 40 unknown attributes", encode(method, attributes=many)
        for name, octets in names.items():
            attributes = [(Attribute.USERNAME, octets), (Attribute.REALM, b"r"), (Attribute.NONCE, b"n")]
            yield f"{method:#x} signed by {name}", encode(method, attributes=attributes, key=b"k")
            yield f"{method:#x} named {name}", encode(method, attributes=attributes[:1])
        yield f"{method:#x} signed only", encode(method, key=b"k")
        integrity = (Attribute.MESSAGE_INTEGRITY, b"")
        yield f"{method:#x} with an empty integrity", encode(method, attributes=[integrity])
        sha256 = (Attribute.MESSAGE_INTEGRITY_SHA256,)
        yield f"{method:#x} signed only by SHA-256", encode(method, key=b"k", sign_with=sha256)
    for size in range(0, 120, 4):
        filler = [(Attribute.SOFTWARE, bytes(size))] if size else []
        yield (
            f"Allocate with {size} octets of SOFTWARE",
            encode(Method.ALLOCATE, attributes=[TRANSPORT, *filler]),
        )
        yield f"Refresh with {size} octets of SOFTWARE", encode(Method.REFRESH, attributes=filler)
        yield f"Binding with {size} octets of SOFTWARE", encode(Method.BINDING, attributes=filler)
    for case in BAD_DATAGRAMS:
        yield case.id, case.wire


@pytest.mark.parametrize("transport", ["udp4", "udp6"])
def test_no_form_of_a_strangers_request_is_amplified(relay: Relay, transport: str) -> None:
    for name, wire in forms():
        with relay.client(transport) as client:
            assert isinstance(client.transport, Datagrams)
            sentinel = encode(Method.BINDING)
            client.transport.send(wire)
            client.transport.send(sentinel)
            answered = 0
            while (frame := client.transport.receive(10)) is not None:
                message = stun.decode(frame.octets)
                if message.transaction == sentinel[8:20]:
                    break
                answered += len(frame.octets)
            assert frame is not None, f"no answer at all after {name}"
            assert answered <= MOST_AMPLIFIED * len(wire), f"{name}: {answered} for {len(wire)}"


def test_chromiums_first_allocate_is_answered_with_a_challenge(relay: Relay) -> None:
    wire = encode(Method.ALLOCATE, attributes=[TRANSPORT])
    assert len(wire) == 28
    with relay.client() as client:
        answer = client.exchange(wire)
        assert answer.error == 401 and len(answer.wire) <= 70


def test_a_guess_with_a_good_nonce_is_not_amplified_either(relay: Relay) -> None:
    with relay.client() as client:
        client.challenge()
        for name in (b"", b"a", b"nobody", f"{int(time.time()) + 60}:x".encode()):
            replaced = {int(Attribute.USERNAME): name}
            wire = signed_allocate(client, replaced, key=Key(name.decode(), "", "guess"))
            answer = client.exchange(wire)
            assert answer.error == 401 and len(answer.wire) <= MOST_AMPLIFIED * len(wire)


def test_binding_is_answered_with_the_address_alone(relay: Relay) -> None:
    for transport, size in (("udp4", 32), ("udp6", 44)):
        with relay.client(transport) as client:
            assert len(client.exchange(encode(Method.BINDING)).wire) == size


# Limits


@pytest.fixture(scope="module")
def sparing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """A relay that answers strangers five times, then once a second."""
    settings = {"RELAY_ANSWER_RATE": 1, "RELAY_ANSWER_BURST": 5, "RELAY_LOOPS": 1}
    with running(tmp_path_factory.mktemp("sparing"), **settings) as relay:
        yield relay


STRANGERS = {
    "Binding": lambda: encode(Method.BINDING),
    "Allocate": lambda: encode(Method.ALLOCATE, attributes=[TRANSPORT]),
    "Refresh": lambda: encode(Method.REFRESH, attributes=[(Attribute.SOFTWARE, bytes(60))]),
    "a guess": lambda: encode(
        Method.ALLOCATE,
        attributes=[
            TRANSPORT,
            (Attribute.USERNAME, b"u"),
            (Attribute.REALM, b"switchboard"),
            (Attribute.NONCE, b"0123456789abcdef"),
        ],
        key=b"k",
    ),
    "an unknown attribute": lambda: encode(Method.BINDING, attributes=[(0x7ABC, b"")]),
}


@pytest.mark.parametrize("form", STRANGERS)
def test_an_address_that_has_proved_nothing_gets_few_answers(sparing: Relay, form: str) -> None:
    with connecting(sparing) as connect:
        host = sparing.client().transport.local.host
        clients = [connect(source=host) for _ in range(4)]
        start = time.monotonic()
        for _ in range(25):
            for client in clients:  # Another port is no other address.
                client.transport.send(STRANGERS[form]())
        connect().settle()
        answers = 0
        for client in clients:
            while client.transport.receive(0.05) is not None:
                answers += 1
        most = 5 + 2 + (time.monotonic() - start)
        assert 1 <= answers <= most, answers


def test_addresses_of_one_ipv6_network_count_as_one_and_others_are_served(sparing: Relay) -> None:
    with connecting(sparing) as connect:
        one = connect("udp6")
        for _ in range(50):
            one.transport.send(encode(Method.BINDING))
        connect("udp4").settle()


def test_who_has_credentials_is_not_limited(sparing: Relay) -> None:
    """Others behind the same address that flood do not cut off who has proved who he is."""
    with connecting(sparing) as connect:
        client = connect()
        client.allocate()
        stranger = connect(source=client.transport.local.host)
        for _ in range(200):
            stranger.transport.send(encode(Method.BINDING))
        for _ in range(50):
            answer = client.try_exchange(client.signed(Method.REFRESH, []), 5)
            assert answer is not None and answer.succeeded
            assert client.try_exchange(client.signed(Method.CREATE_PERMISSION, [PEER]), 5) is not None


def test_answers_come_back_with_time(sparing: Relay) -> None:
    with connecting(sparing) as connect:
        client = connect()
        for _ in range(30):
            client.transport.send(encode(Method.BINDING))
        eventually(
            lambda: client.try_exchange(encode(Method.BINDING), 0.3) is not None, 10, "an answer again"
        )


# Floods


def test_a_flood_of_strangers_leaves_no_state_and_no_lines(relay: Relay) -> None:
    """30,000 datagrams of many kinds from 1,500 addresses and ports."""
    noise = random.Random(3)
    lines, memory, files = len(relay.lines), resident(relay.pid), descriptors(relay.pid)
    name = f"{int(time.time()) + 60}:someone"
    kinds: list[Callable[[], bytes]] = [
        lambda: encode(Method.BINDING),
        lambda: encode(Method.ALLOCATE, attributes=[TRANSPORT]),
        lambda: noise.randbytes(noise.randrange(1, 200)),
        lambda: stun.channel_data(0x4000 + noise.randrange(0x4000), b"x" * 50),
        lambda: encode(Method.SEND, Kind.INDICATION, [PEER, (Attribute.DATA, b"x")]),
        lambda: encode(
            Method.ALLOCATE, attributes=[TRANSPORT, (Attribute.USERNAME, name.encode())], key=b"k"
        ),
        lambda: encode(Method.ALLOCATE, attributes=[TRANSPORT, (0x7ABC, b"%n%s")]),
    ]
    with connecting(relay) as connect:
        sentinel = connect()
        for number in range(1500):
            source = Endpoint(f"127.150.{number // 250}.{1 + number % 250}", 0)
            with Datagrams(relay.at(), source) as stranger:
                for _ in range(20):
                    stranger.send(kinds[noise.randrange(len(kinds))]())
            if number % 10 == 0:
                sentinel.settle()
    assert len(relay.lines) - lines < 10, relay.lines[lines:]
    assert resident(relay.pid) - memory < 16 << 20
    assert descriptors(relay.pid) <= files + 2


def test_a_flood_of_refused_users_is_not_logged_line_by_line(relay: Relay) -> None:
    lines = len(relay.lines)
    with connecting(relay) as connect:
        for number in range(300):
            client = connect("udp4" if number % 3 else "tcp4", f"attacker {number}%s%n\n", "guess")
            assert client.try_allocate().error == 401
        secret_user = f"{int(time.time()) - 60}:late"
        assert connect("udp4", secret_user, time_limited(SECRETS[0], secret_user)).try_allocate().error == 401
    assert len(relay.lines) - lines < 10, relay.lines[lines:]
    assert "attacker" not in relay.log_text()


def test_calls_go_on_during_a_flood(relay: Relay) -> None:
    with relay.client() as client, relay.client() as flooder, Peer() as peer:
        client.allocate()
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        delivered = 0
        for number in range(200):
            for _ in range(20):
                flooder.transport.send(encode(Method.ALLOCATE, attributes=[TRANSPORT]))
            client.send_on(0x4000, b"%d" % number)
            delivered += len(peer.received())
        client.settle()
        delivered += len(peer.received())
        assert delivered > 150


def test_a_client_that_gives_up_in_the_middle_leaves_nothing(relay: Relay) -> None:
    files = descriptors(relay.pid)
    for number in range(100):
        with relay.client("tls4" if number % 2 else "tcp4") as client:
            client.challenge()
    eventually(lambda: descriptors(relay.pid) <= files, 10, "all connections are forgotten")
