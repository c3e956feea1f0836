"""Running a relay: its metrics, its readiness, how it stops, and what it says at start."""

from __future__ import annotations

import contextlib
import pathlib
import time
from collections.abc import Callable, Iterator

import pytest

from metrics import FOLD_LIMIT, by_label, metric
from processes import udp_ports
from relay import OTHER, PASSWORD, USER, Relay, connecting, running
from rest import Rest
from stun import Attribute, Endpoint, Method, encode
from transports import Peer, Stream
from turnclient import Client
from waiting import eventually

StartRelay = Callable[..., Relay]


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with running(tmp_path_factory.mktemp("operation"), RELAY_USER_QUOTA=3) as relay:
        yield relay


# Metrics


def rises(relay: Relay, name: str, by: float = 1, **labels: str) -> contextlib.AbstractContextManager[None]:
    """What happens inside must show in a metric."""

    @contextlib.contextmanager
    def watch() -> Iterator[None]:
        before = metric(relay, name, **labels)
        yield
        eventually(
            lambda: metric(relay, name, **labels) >= before + by, FOLD_LIMIT, f"{name}{labels} rises by {by}"
        )

    return watch()


@pytest.mark.parametrize("transport", ["udp4", "tcp4", "tls4"])
def test_allocations_packets_and_bytes_are_counted(relay: Relay, transport: str) -> None:
    by = transport[:3]
    with relay.client(transport) as client, Peer() as peer:
        before = metric(relay, "switchboard_relay_allocations", transport=by)
        with rises(relay, "switchboard_relay_allocations_total", transport=by):
            relayed = client.allocate()
        eventually(
            lambda: metric(relay, "switchboard_relay_allocations", transport=by) == before + 1,
            FOLD_LIMIT,
            "one allocation more",
        )
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        with (
            rises(relay, "switchboard_relay_packets_total", 10, transport=by, direction="to_peer"),
            rises(relay, "switchboard_relay_bytes_total", 1000, transport=by, direction="to_peer"),
            rises(relay, "switchboard_relay_packets_total", 5, transport=by, direction="to_client"),
            rises(relay, "switchboard_relay_bytes_total", 1000, transport=by, direction="to_client"),
        ):
            for _ in range(10):
                client.send_on(0x4000, bytes(100))
                peer.receive()
            for _ in range(5):
                peer.send(bytes(200), relayed)
                client.receive_data()
        assert client.refresh(0).succeeded
        eventually(
            lambda: metric(relay, "switchboard_relay_allocations", transport=by) == before,
            FOLD_LIMIT,
            "no allocation more",
        )


def test_refusals_are_counted_by_code(relay: Relay) -> None:
    name = "switchboard_relay_refusals_total"
    with relay.client() as client, relay.client("udp4", USER, "wrong") as wrong:
        with rises(relay, name, code="401"):
            assert wrong.try_allocate().error == 401
        with rises(relay, name, code="437"):
            assert client.refresh().error == 437
        client.allocate()
        with rises(relay, name, code="403"):
            assert client.permit(Endpoint("224.0.0.1", 9)).error == 403
        assert client.refresh(0).succeeded


def test_drops_are_counted_by_reason(relay: Relay) -> None:
    with relay.client() as client:
        before = sum(by_label(relay, "switchboard_relay_drops_total", "reason").values())
        for _ in range(10):
            client.transport.send(b"\x00\x01nonsense")
            client.transport.send(b"\x40\x00\x00\x01x")
        client.settle()
        eventually(
            lambda: sum(by_label(relay, "switchboard_relay_drops_total", "reason").values()) >= before + 20,
            FOLD_LIMIT,
            "twenty drops more",
        )


def test_quota_hits_are_counted(relay: Relay) -> None:
    with connecting(relay) as connect:
        clients = [connect("udp4", OTHER, "otherpass") for _ in range(4)]
        for client in clients[:3]:
            client.allocate()
        with rises(relay, "switchboard_relay_quota_hits_total", quota="user"):
            assert clients[3].try_allocate().error == 486


# Readiness


def test_readiness_includes_the_relay(relay: Relay) -> None:
    answer = Rest(relay).call("GET", "/readyz")
    assert answer.status == 200, answer
    assert "relay" in answer.body.decode(), answer


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
