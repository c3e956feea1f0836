"""Running a relay: its readiness, how it stops, and what its settings change."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable, Iterator

import pytest

from support.metrics import FOLD_LIMIT, by_label, metric
from support.ports import free_ports
from support.processes import udp_ports
from support.relay import PASSWORD, USER, Relay, connecting, running
from support.rest import Rest
from support.stun import Attribute, Endpoint, Method, encode
from support.transports import Peer, Stream
from support.turnclient import Client
from support.waiting import eventually

StartRelay = Callable[..., Relay]


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with running(tmp_path_factory.mktemp("operation"), RELAY_USER_QUOTA=3) as relay:
        yield relay


# Readiness


def test_readiness_includes_the_relay(relay: Relay) -> None:
    """The self-test is a client like others: it allocates, and sends a packet through its relayed address."""
    before = metric(relay, "switchboard_relay_in_process_packets_total")
    made = sum(by_label(relay, "switchboard_relay_allocations_total", "transport").values())

    def is_tested() -> bool:
        assert Rest(relay).call("GET", "/readyz").status == 200
        allocations = by_label(relay, "switchboard_relay_allocations_total", "transport")
        has_sent = metric(relay, "switchboard_relay_in_process_packets_total") > before
        return has_sent and sum(allocations.values()) > made

    eventually(is_tested, 15, "a self-test has allocated and sent a packet", interval=0.5)


@pytest.mark.parametrize(
    "settings",
    [
        {"RELAY_UDP": 0},
        {"RELAY_TCP": 0, "RELAY_TLS": 0},
        {"RELAY_UDP": 0, "RELAY_TCP": 0},
        {"RELAY_LISTEN_IPS": "127.0.0.5"},
        {"RELAY_LISTEN_IPS": "::1", "RELAY_IPS": "::1"},
        {"RELAY_EXTERNAL_IPS": "198.41.0.4/127.0.0.1"},
        {"RELAY_ALLOW_LOOPBACK_PEERS": 0},
        {"RELAY_DENIED_PEERS": "127.0.0.0/8,::1"},
        {"RELAY_SECRETS": ""},
        {"RELAY_REALM": "a realm with spaces and more than a few characters"},
        {"RELAY_USER_QUOTA": 1, "RELAY_ADDRESS_QUOTA": 1},
        {"RELAY_ANSWER_RATE": 1, "RELAY_ANSWER_BURST": 1},
        {"RELAY_MAX_PPS": 1, "RELAY_MAX_BPS": 1},
    ],
    ids=str,
)
def test_a_relay_is_ready_however_it_is_configured(
    start_relay: StartRelay, settings: dict[str, object]
) -> None:
    """What strangers may not do must not keep the self-test from its result."""
    relay = start_relay(**settings)
    for _ in range(3):
        assert Rest(relay).call("GET", "/readyz").status == 200, relay.log_text()


def test_a_relay_whose_ports_are_all_taken_is_still_ready(start_relay: StartRelay) -> None:
    ports = free_ports(2)
    relay = start_relay(RELAY_MIN_PORT=ports[0], RELAY_MAX_PORT=ports[-1], RELAY_USER_QUOTA=0)
    with connecting(relay) as connect:
        for _ in range(2):
            connect().allocate()
        assert Rest(relay).call("GET", "/readyz").status == 200, relay.log_text()


def test_the_self_test_leaves_nothing_behind(relay: Relay) -> None:
    before = metric(relay, "switchboard_relay_allocations", transport="udp")
    for _ in range(20):
        assert Rest(relay).call("GET", "/readyz").status == 200
    eventually(
        lambda: metric(relay, "switchboard_relay_allocations", transport="udp") <= before,
        FOLD_LIMIT,
        "the self-test has given its allocations back",
    )


# Stopping


def _is_refused(relay: Relay) -> bool:
    """Whether a newcomer may not allocate; one who still may, gives it back."""
    with relay.client() as late:
        late.challenge()
        answer = late.try_allocate()
        return answer.error in (486, 508) or not late.refresh(0).succeeded


def test_on_sigterm_calls_go_on_for_a_while_and_nothing_new_begins(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_DRAIN_TIME=8, DRAIN_SPREAD=0, SHUTDOWN_TIMEOUT=30)
    assert relay.process is not None
    with connecting(relay) as connect, Peer() as peer:
        client, stream = connect(), connect("tcp4")
        for each in (client, stream):
            each.allocate()
            assert each.bind_channel(0x4000, peer.endpoint).succeeded
        relay.terminate()
        relay.wait_for_log("shutting down")
        eventually(lambda: _is_refused(relay), 5, "new allocations are refused")
        for each in (client, stream):
            each.send_on(0x4000, b"goes on")
            assert peer.receive()[0] == b"goes on"
            assert each.refresh().succeeded
        assert relay.process.poll() is None
        start = time.monotonic()
        assert client.refresh(0).succeeded and stream.refresh(0).succeeded
        assert relay.process.wait(20) == 0
        assert time.monotonic() - start < 6, "with no call left there is nothing to wait for"


def test_calls_do_not_hold_up_a_stop_for_ever(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_DRAIN_TIME=1, DRAIN_SPREAD=0, SHUTDOWN_TIMEOUT=30)
    assert relay.process is not None
    with relay.client() as client, relay.client("tls4") as stream:
        client.allocate()
        stream.allocate()
        start = time.monotonic()
        relay.terminate()
        assert relay.process.wait(20) == 0
        assert time.monotonic() - start < 10


def test_a_stopped_relay_frees_its_ports_and_starts_again_on_them(start_relay: StartRelay) -> None:
    relay = start_relay()
    for _ in range(3):
        with relay.client() as client, relay.client("tcp4") as stream:
            client.allocate()
            stream.allocate()
            assert relay.stop() == 0, relay.log_text()
        relay.start()
        relay.client("tls4").bind()


# Starting


def test_without_a_relay_nothing_listens(start_relay: StartRelay) -> None:
    relay = start_relay(USE_RELAY=0)
    assert udp_ports(relay.pid) == []
    with pytest.raises(ConnectionRefusedError):
        Stream(relay.at())
    assert Rest(relay).call("GET", "/readyz").status == 200


def test_without_a_certificate_there_is_no_tls(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_CERT="", RELAY_KEY="")
    relay.client("tcp4").bind()
    with pytest.raises(ConnectionRefusedError):
        Stream(relay.at(tls=True))


@pytest.mark.parametrize(
    ("setting", "gone", "left"),
    [("RELAY_UDP", "udp4", "tcp4"), ("RELAY_TCP", "tcp4", "udp4"), ("RELAY_TLS", "tls4", "tcp4")],
)
def test_each_transport_can_be_switched_off(
    start_relay: StartRelay, setting: str, gone: str, left: str
) -> None:
    relay = start_relay(**{setting: 0})
    relay.client(left).bind()
    try:
        with relay.client(gone) as client:
            assert client.try_exchange(encode(Method.BINDING), 1) is None
    except ConnectionRefusedError:
        pass


def test_a_listening_address_is_the_only_one(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_LISTEN_IPS="127.0.0.5")
    for transport in ("udp4", "tcp4", "tls4"):
        relay.client(transport, host="127.0.0.5").allocate()
    with pytest.raises(ConnectionRefusedError):
        relay.client("tcp4", host="127.0.0.6")
    assert relay.client("udp4", host="127.0.0.6").try_exchange(encode(Method.BINDING), 1) is None


def test_an_external_address_is_what_clients_are_told(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_IPS="127.0.0.1", RELAY_EXTERNAL_IPS="198.41.0.4/127.0.0.1")
    with relay.client() as one, relay.client() as two, Peer() as peer:
        first, second = one.allocate(), two.allocate()
        assert first.host == "198.41.0.4"
        assert one.permit(peer.endpoint).succeeded
        one.send(b"from inside", peer.endpoint)
        assert peer.receive() == (b"from inside", Endpoint("127.0.0.1", first.port))
        # Each is told the outer address of the other, and reaches it without a way out of this machine.
        assert one.permit(second).succeeded and two.permit(first).succeeded
        one.send(b"through the outer address", second)
        received = two.receive_data()
        assert (received.payload, received.peer) == (b"through the outer address", first)


def test_fingerprints_can_be_asked_of_every_answer(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_FINGERPRINT=1)
    with relay.client("tcp4") as client:
        assert Attribute.FINGERPRINT in client.exchange(encode(Method.BINDING))
        assert Attribute.FINGERPRINT in client.challenge()
        assert Attribute.FINGERPRINT in client.try_allocate()


def test_a_taken_port_stops_the_start_with_one_clear_line(tmp_path: pathlib.Path, relay: Relay) -> None:
    second = Relay(tmp_path, RELAY_PORT=relay.relay_port)
    with pytest.raises(AssertionError, match="exited"):
        second.start()
    assert str(relay.relay_port) in second.log_text()


def test_neither_names_nor_addresses_nor_secrets_are_logged(start_relay: StartRelay) -> None:
    relay = start_relay(LOG_LEVEL="trace", RELAY_VERBOSE=1)
    client: Client = relay.client(source="127.66.55.44")
    with client, Peer("127.44.55.66") as peer:
        client.allocate()
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        client.send_on(0x4000, b"a payload that nobody reads")
        assert peer.receive()
        assert client.refresh(0).succeeded
    assert relay.stop() == 0
    for word in (USER, PASSWORD, "shared secret", "127.66.55.44", "127.44.55.66", "payload that"):
        assert word not in relay.log_text(), word
