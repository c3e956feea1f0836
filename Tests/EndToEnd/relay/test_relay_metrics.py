"""The relay's metrics tell what happens on it, in numbers and under names from fixed lists."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from support import stun
from support.metrics import FOLD_LIMIT, by_label, metric
from support.relay import OTHER, PASSWORD, USER, Relay, connecting, running
from support.stun import Attribute, Endpoint, Kind, Method, encode
from support.transports import Peer, Stream
from support.turnclient import Client
from support.waiting import eventually

StartRelay = Callable[..., Relay]


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with running(tmp_path_factory.mktemp("relay-metrics"), RELAY_USER_QUOTA=3) as relay:
        yield relay


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


def nonsense(client: Client, _: Peer) -> bytes:
    return b"\xff\xff what is this?"


def malformed(client: Client, _: Peer) -> bytes:
    return b"\x00\x01 a STUN message without its cookie"


def unexpected(client: Client, _: Peer) -> bytes:
    return encode(Method.BINDING, Kind.SUCCESS)


def on_no_channel(client: Client, _: Peer) -> bytes:
    client.allocate()
    return stun.channel_data(0x4000, b"nobody's")


def of_nobody(client: Client, _: Peer) -> bytes:
    return stun.channel_data(0x4000, b"nobody's")


def without_permission(client: Client, peer: Peer) -> bytes:
    client.allocate()
    return send_to(peer.endpoint)


def to_a_reflector(client: Client, peer: Peer) -> bytes:
    client.allocate()
    assert client.permit(peer.endpoint).succeeded
    return send_to(Endpoint(peer.endpoint.host, 53))


def send_to(peer: Endpoint) -> bytes:
    return encode(Method.SEND, Kind.INDICATION, [(Attribute.XOR_PEER_ADDRESS, peer), (Attribute.DATA, b"no")])


DROPS: dict[str, Callable[[Client, Peer], bytes]] = {
    "not_stun": nonsense,
    "malformed": malformed,
    "unexpected": unexpected,
    "no_channel": on_no_channel,
    "no_allocation": of_nobody,
    "no_permission": without_permission,
    "peer_denied": to_a_reflector,
}


@pytest.mark.parametrize("reason", DROPS)
def test_drops_are_counted_by_reason(relay: Relay, reason: str) -> None:
    with relay.client() as client, Peer("127.0.0.9") as peer:
        wire = DROPS[reason](client, peer)
        with rises(relay, "switchboard_relay_drops_total", 20, reason=reason):
            for _ in range(20):
                client.transport.send(wire)
        end(client)


def end(client: Client) -> None:
    """Gives the quota back, if there is an allocation."""
    assert client.refresh(0).error in (0, 437)


def test_strangers_beyond_the_limit_are_counted(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_ANSWER_RATE=1, RELAY_ANSWER_BURST=1)
    with (
        relay.client() as client,
        rises(relay, "switchboard_relay_drops_total", 5, reason="unauthenticated_limit"),
    ):
        for _ in range(20):
            client.transport.send(encode(Method.BINDING))


def test_media_for_a_slow_stream_is_counted_where_it_is_dropped(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_STREAM_BUFFER_BYTES=65536)
    with Stream(relay.at(), receive_buffer=4096) as stream, Peer() as peer:
        client = Client(stream, USER, PASSWORD)
        relayed = client.allocate()
        assert client.permit(peer.endpoint).succeeded

        def is_counted() -> bool:
            for _ in range(500):
                peer.send(bytes(1000), relayed)
            return metric(relay, "switchboard_relay_drops_total", reason="slow_stream") > 0

        eventually(is_counted, 15, "media of a slow stream is dropped", interval=0.2)


def test_denied_peers_are_counted_by_what_they_are(relay: Relay) -> None:
    name = "switchboard_relay_peer_denials_total"
    with relay.client() as client:
        client.allocate()
        for host, reason in (
            ("224.0.0.1", "multicast"),
            ("169.254.169.254", "cloud_metadata"),
            ("0.0.0.0", "special"),
        ):
            with rises(relay, name, reason=reason):
                assert client.permit(Endpoint(host, 9)).error == 403
        end(client)


def test_what_stays_inside_is_counted(relay: Relay) -> None:
    with relay.client() as one, relay.client() as two:
        first, second = one.allocate(), two.allocate()
        assert one.permit(second).succeeded and two.permit(first).succeeded
        with rises(relay, "switchboard_relay_in_process_packets_total", 10):
            for _ in range(10):
                one.send(b"inside", second)
                two.receive_data()
        end(one)
        end(two)


def test_streams_and_sockets_are_gauges_that_return(start_relay: StartRelay) -> None:
    relay = start_relay()

    def gauges() -> list[float]:
        return [
            metric(relay, "switchboard_relay_streams", transport="tcp"),
            metric(relay, "switchboard_relay_streams", transport="tls"),
            metric(relay, "switchboard_relay_sockets"),
        ]

    with relay.client("tcp4") as tcp, relay.client("tls4") as tls:
        tcp.allocate()
        tls.allocate()
        eventually(lambda: gauges() == [1, 1, 2], FOLD_LIMIT, "two streams and their sockets")
    eventually(lambda: gauges() == [0, 0, 0], FOLD_LIMIT, "all are gone")


def test_loops_say_how_busy_they_are(relay: Relay) -> None:
    with relay.client() as client:
        for _ in range(100):
            client.bind()
    eventually(
        lambda: sum(by_label(relay, "switchboard_relay_loop_busy_seconds_total", "loop").values()) > 0,
        FOLD_LIMIT,
        "a loop has worked",
    )


def test_an_error_of_a_peer_is_counted(relay: Relay) -> None:
    with relay.client() as client:
        client.allocate()
        with Peer() as peer:
            gone = peer.endpoint
        assert client.permit(gone).succeeded
        with rises(relay, "switchboard_relay_icmp_reports_total"):
            client.send(b"anyone?", gone)
        end(client)


def test_quota_hits_are_counted(relay: Relay) -> None:
    with connecting(relay) as connect:
        clients = [connect("udp4", OTHER, "otherpass") for _ in range(4)]
        for client in clients[:3]:
            client.allocate()
        with rises(relay, "switchboard_relay_quota_hits_total", quota="user"):
            assert clients[3].try_allocate().error == 486
