"""Two clients of the same relay reach each other through their relayed addresses."""

from __future__ import annotations

import pytest

from support.relay import Connect


@pytest.mark.parametrize(
    "transports", [("udp4", "udp4"), ("udp6", "udp6"), ("udp4", "tcp4"), ("tls4", "tcp4")]
)
@pytest.mark.parametrize("attempt", range(4))
def test_two_relayed_clients_reach_each_other(
    connect: Connect, transports: tuple[str, str], attempt: int
) -> None:
    """Whether their loop is the same or another, which the kernel decides; the attempts meet both."""
    one, two = connect(transports[0]), connect(transports[1])
    first, second = one.allocate(), two.allocate()
    assert one.permit(second).succeeded and two.bind_channel(0x4002, first).succeeded
    for number in range(20):
        payload = b"%d" % number * (number + 1)
        one.send(payload, second)
        received = two.receive_data()
        assert (received.payload, received.channel) == (payload, 0x4002)
        two.send_on(0x4002, payload)
        received = one.receive_data()
        assert (received.payload, received.peer) == (payload, second)


@pytest.mark.parametrize("attempt", range(4))
def test_a_relayed_client_needs_the_permission_of_the_other(connect: Connect, attempt: int) -> None:
    one, two = connect(), connect()
    first, second = one.allocate(), two.allocate()
    assert one.bind_channel(0x4000, second).succeeded
    one.send_on(0x4000, b"uninvited")
    one.send(b"uninvited", second)
    one.settle()
    two.settle()
    assert two.permit(first).succeeded
    one.send_on(0x4000, b"invited")
    assert two.receive_data().payload == b"invited"
    two.expect_nothing()


def test_a_client_can_reach_itself_through_its_relayed_address(connect: Connect) -> None:
    client = connect()
    relayed = client.allocate()
    assert client.permit(relayed).succeeded
    client.send(b"to me", relayed)
    received = client.receive_data()
    assert (received.payload, received.peer) == (b"to me", relayed)


def test_relayed_addresses_of_the_past_get_nothing(connect: Connect) -> None:
    one, two = connect(), connect()
    one.allocate()
    second = two.allocate()
    assert one.permit(second).succeeded
    assert two.refresh(0).succeeded
    one.send(b"nobody", second)
    assert two.allocate() != second
    two.expect_nothing()
