"""Requests of clients with credentials that are wrong in one point, that come again, or that others make."""

from __future__ import annotations

import pytest

from support import stun
from support.bad_stun import BAD_SIGNED_REQUESTS, PEER, TRANSPORT, UNKNOWN, BadRequest
from support.relay import OTHER, OTHER_PASSWORD, Connect
from support.stun import Attribute, Kind, Message, Method, encode
from support.transports import Peer
from support.turnclient import Client


def named(case: BadRequest) -> str:
    return case.id


def exchange_of(client: Client, case: BadRequest) -> Message:
    """The answer to a request of the table."""
    if not client.credentials.nonce:
        client.challenge()
    wire = encode(
        case.method,
        Kind.REQUEST,
        [*case.attributes, *client.credentials.attributes],
        key=client.credentials.key,
        sign_with=client.credentials.sign_with,
        behind=case.behind,
    )
    return client.exchange(wire)


@pytest.mark.parametrize("case", BAD_SIGNED_REQUESTS, ids=named)
def test_a_wrong_request_is_refused_with_the_code_of_the_standard(connect: Connect, case: BadRequest) -> None:
    client = connect()
    case.setup(client)
    answer = exchange_of(client, case)
    assert answer.error == case.code, answer
    assert answer.is_signed_by(client.credentials.key)
    assert not case.unknown or tuple(answer.unknown_attributes) == case.unknown
    assert Attribute.SOFTWARE not in answer


@pytest.mark.parametrize("transport", ["tcp4", "tls4", "udp6"])
def test_wrong_requests_are_refused_alike_on_every_transport(connect: Connect, transport: str) -> None:
    for case in BAD_SIGNED_REQUESTS:
        if case.setup.__name__ == "nothing":
            assert exchange_of(connect(transport), case).error == case.code, case


@pytest.mark.parametrize(
    "case", [case for case in BAD_SIGNED_REQUESTS if case.setup.__name__ != "nothing"], ids=named
)
def test_a_refused_request_leaves_the_allocation_as_it_was(connect: Connect, case: BadRequest) -> None:
    client = connect()
    case.setup(client)
    assert exchange_of(client, case).error == case.code
    with Peer() as peer:
        assert client.permit(peer.endpoint).succeeded
        client.send(b"still there", peer.endpoint)
        assert peer.receive()[0] == b"still there"


# What stands behind the integrity


def test_what_stands_behind_the_integrity_is_ignored(connect: Connect) -> None:
    client = connect()
    client.allocate()
    behind = BadRequest(
        "", Method.REFRESH, [], 0, behind=[(Attribute.LIFETIME, stun.number(0)), (UNKNOWN, b"?")]
    )
    answer = exchange_of(client, behind)
    assert answer.succeeded and answer.number(Attribute.LIFETIME) == 600
    assert client.refresh().succeeded


def test_a_second_lifetime_behind_the_integrity_does_not_count(connect: Connect) -> None:
    client = connect()
    client.allocate()
    case = BadRequest(
        "",
        Method.REFRESH,
        [(Attribute.LIFETIME, stun.number(1800))],
        0,
        behind=[(Attribute.LIFETIME, stun.number(0))],
    )
    assert exchange_of(client, case).number(Attribute.LIFETIME) == 1800


def test_a_name_behind_the_integrity_is_no_name(connect: Connect) -> None:
    client = connect()
    client.challenge()
    name, *rest = client.credentials.attributes
    wire = encode(Method.ALLOCATE, attributes=[TRANSPORT, *rest], key=client.credentials.key, behind=[name])
    assert client.exchange(wire).error == 400


def test_the_first_of_two_equal_attributes_counts(connect: Connect) -> None:
    client = connect()
    client.allocate()
    answer = client.refresh(1800, (Attribute.LIFETIME, stun.number(0)))
    assert answer.number(Attribute.LIFETIME) == 1800


# Strangers to an allocation


@pytest.mark.parametrize(
    ("method", "attributes"),
    [
        (Method.REFRESH, []),
        (Method.REFRESH, [(Attribute.LIFETIME, stun.number(0))]),
        (Method.CREATE_PERMISSION, [PEER]),
        (Method.CHANNEL_BIND, [(Attribute.CHANNEL_NUMBER, stun.channel_number(0x4000)), PEER]),
    ],
    ids=["Refresh", "Refresh to end it", "CreatePermission", "ChannelBind"],
)
def test_another_user_may_not_touch_an_allocation(
    connect: Connect, method: int, attributes: stun.Attributes
) -> None:
    client = connect()
    client.allocate()
    other = Client(client.transport, OTHER, OTHER_PASSWORD)
    assert other.request(method, attributes).error == 441
    assert client.refresh().succeeded


def test_another_user_gets_no_second_allocation_on_a_five_tuple(connect: Connect) -> None:
    client = connect()
    client.allocate()
    assert Client(client.transport, OTHER, OTHER_PASSWORD).try_allocate().error == 437


def test_an_allocation_belongs_to_its_five_tuple(connect: Connect) -> None:
    """Neither another port of the client nor another transport has it."""
    client = connect()
    client.allocate()
    assert connect(source=client.transport.local.host).refresh().error == 437
    assert connect("tcp4", source=client.transport.local.host).refresh().error == 437


# Retransmissions


def test_a_repeated_allocate_gets_the_same_answer(connect: Connect) -> None:
    client = connect()
    client.challenge()
    wire = client.signed(Method.ALLOCATE, client.plain_allocate)
    first = client.exchange(wire)
    assert first.succeeded
    for _ in range(3):
        assert client.exchange(wire).attributes == first.attributes
    assert client.try_allocate().error == 437


def test_a_repeated_even_port_allocate_gets_the_same_token(connect: Connect) -> None:
    client = connect()
    client.challenge()
    wire = client.signed(Method.ALLOCATE, [TRANSPORT, (Attribute.EVEN_PORT, b"\x80")])
    first = client.exchange(wire)
    assert client.exchange(wire)[Attribute.RESERVATION_TOKEN] == first[Attribute.RESERVATION_TOKEN]


def test_a_repeated_refresh_to_zero_succeeds_again(connect: Connect) -> None:
    client = connect()
    client.allocate()
    wire = client.signed(Method.REFRESH, [(Attribute.LIFETIME, stun.number(0))])
    for _ in range(3):
        answer = client.exchange(wire)
        assert answer.succeeded and answer.number(Attribute.LIFETIME) == 0
    assert client.refresh(0).error == 437


def test_after_an_end_the_five_tuple_can_be_used_again(connect: Connect) -> None:
    client = connect()
    client.challenge()
    first = client.signed(Method.ALLOCATE, client.plain_allocate)
    relayed = client.exchange(first).address(Attribute.XOR_RELAYED_ADDRESS)
    assert client.refresh(0).succeeded
    assert client.allocate() != relayed


@pytest.mark.parametrize("method", ["permit", "bind", "refresh"])
def test_other_repeated_requests_succeed_again(connect: Connect, method: str) -> None:
    client = connect()
    client.allocate()
    wire = {
        "permit": client.signed(Method.CREATE_PERMISSION, [PEER]),
        "bind": client.signed(
            Method.CHANNEL_BIND, [(Attribute.CHANNEL_NUMBER, stun.channel_number(0x7FFF)), PEER]
        ),
        "refresh": client.signed(Method.REFRESH, [(Attribute.LIFETIME, stun.number(900))]),
    }[method]
    answers = {client.exchange(wire).wire for _ in range(3)}
    assert len(answers) == 1 and stun.decode(answers.pop()).succeeded
