"""TURN on the ports of HTTP and HTTPS: told apart from them, cut off like them, and unharmed by their load."""

from __future__ import annotations

import asyncio
import dataclasses
import pathlib
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from support.aiortcpeers import LIMIT as CALL_LIMIT
from support.aiortcpeers import call
from support.callpage import CallPage
from support.certificates import Certificate
from support.deployment import HOST, Deployment, deployment, over
from support.metrics import FOLD_LIMIT, by_label, metric
from support.processes import descriptors
from support.relay import PASSWORD, USER, client_context
from support.relayedcall import assert_in_relayed_call, enter_relayed_call
from support.rest import Rest
from support.stun import Endpoint, Method, encode
from support.tcp import Connection, Secure
from support.transports import Peer, Stream
from support.turnclient import Client as TurnClient
from support.turnservers import Transport, TurnConf
from support.turnutils import Run, echo_peer, uclient
from support.waiting import eventually
from support.wsclient import pair

NO_PORTS_OF_ITS_OWN = {"RELAY_UDP": 0, "RELAY_TCP": 0, "RELAY_TLS": 0}
PLENTY = 1_000_000
SHARED = "switchboard_relay_shared_streams_total"
HANDSHAKES = "switchboard_tls_handshakes_total"
FAILURES = "switchboard_tls_handshake_failures_total"
HANDED_OVER = "switchboard_streams_handed_over_total"
GIVEN_UP = 24
"""Connections that two browsers may give up during a call: on a busy machine they gather more than once, some each time.
Far less than the hundreds of handshakes that would be counted twice."""


def tls(certificate: Certificate) -> dict[str, Any]:
    return {"TLS_PORT": 0, "TLS_CERT": certificate.cert, "TLS_KEY": certificate.key}


@pytest.fixture(scope="module")
def one_port(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[Deployment]:
    """A server whose relay is reached by the web server's two ports and no other way."""
    rates = {
        "CONNECTIONS_PER_MINUTE": PLENTY, "MESSAGE_RATE": PLENTY, "MESSAGE_BURST": PLENTY,
        "RELAY_MAX_STREAMS_PER_ADDRESS": 1000, "CHECKS_PER_MINUTE": PLENTY,
    }  # fmt: skip
    directory = tmp_path_factory.mktemp("one-port")
    settings = tls(certificate) | NO_PORTS_OF_ITS_OWN | rates
    with deployment("embedded", directory, certificate, **settings) as deployed:
        yield deployed


def shared(deployed: Deployment) -> TurnConf:
    """How turnutils reach the relay by the web server's ports."""
    server = deployed.server
    return dataclasses.replace(
        deployed.conf, addresses=(server.host,), port=server.port, tls_port=server.https_port
    )


def urls(deployed: Deployment) -> list[str]:
    servers, _ = deployed.pair_of_ice_servers()
    return [url for server in servers for url in server["urls"]]


def stream_to(
    deployed: Deployment, *, secure: bool, protocols: tuple[str, ...] = (), preface: bytes = b""
) -> Stream:
    server = deployed.server
    port = server.https_port if secure else server.port
    context = client_context(*protocols) if secure else None
    return Stream(Endpoint(server.host, port), context, preface=preface)


# What clients are told


def test_clients_are_told_of_the_shared_ports(one_port: Deployment) -> None:
    server = one_port.server
    assert urls(one_port) == [
        f"turn:{HOST}:{server.port}?transport=tcp", f"turns:{HOST}:{server.https_port}?transport=tcp",
    ]  # fmt: skip


def test_beside_ports_of_its_own_only_that_of_tls_changes(
    tmp_path: pathlib.Path, certificate: Certificate
) -> None:
    with deployment("embedded", tmp_path, certificate, **tls(certificate)) as deployed:
        own = f"{HOST}:{deployed.conf.port}"
        assert urls(deployed) == [
            f"stun:{own}", f"turn:{own}?transport=udp", f"turn:{own}?transport=tcp",
            f"turns:{HOST}:{deployed.server.https_port}?transport=tcp",
        ]  # fmt: skip
        for secure in (False, True):
            with TurnClient(stream_to(deployed, secure=secure)) as client:
                client.bind()


def test_ports_are_not_shared_where_that_is_not_wanted(
    tmp_path: pathlib.Path, certificate: Certificate
) -> None:
    settings = tls(certificate) | {"RELAY_SHARE_PORTS": 0}
    with deployment("embedded", tmp_path, certificate, **settings) as deployed:
        assert urls(deployed)[-1] == f"turns:{HOST}:{deployed.conf.tls_port}?transport=tcp"
        with stream_to(deployed, secure=True, protocols=("stun.turn",)) as stream:
            assert stream.tls.selected_alpn_protocol() is None
        for secure in (False, True):
            with stream_to(deployed, secure=secure) as stream:
                stream.send(encode(Method.BINDING))
                stream.socket.settimeout(20)
                answer = stream.socket.recv(100)
                assert not answer or answer.startswith(b"HTTP/1.1 400"), answer
        assert metric(deployed.server, SHARED) == 0


# Told apart


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ((), None), (("stun.turn",), "stun.turn"), (("stun.nat-discovery",), None),
        (("http/1.1", "stun.turn"), "stun.turn"), (("h2", "http/1.1"), "http/1.1"),
    ],
    ids=str,
)  # fmt: skip
def test_turn_is_served_whatever_alpn_agreed_on(
    one_port: Deployment, offered: tuple[str, ...], chosen: str | None
) -> None:
    with stream_to(one_port, secure=True, protocols=offered) as stream:
        assert stream.tls.selected_alpn_protocol() == chosen
        client = TurnClient(stream)
        assert client.bind() == stream.local
        client.settle()


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("size", [1, 7, 300])
def test_a_stream_may_come_in_pieces(one_port: Deployment, secure: bool, size: int) -> None:
    wire = encode(Method.BINDING)
    with stream_to(one_port, secure=secure) as stream:
        for start in range(0, len(wire), size):
            stream.send(wire[start : start + size])
            time.sleep(0.002)  # so that most pieces are read by themselves; it holds either way
        frame = stream.receive(20)
        assert frame is not None and frame.octets[:2] == b"\x01\x01"


def test_http_and_https_are_served_as_before(one_port: Deployment, certificate: Certificate) -> None:
    server = one_port.server
    secure = Secure(server.host, server.https_port, certificate.context())
    for at in (server, secure):
        assert Rest(at).call("GET", "/healthz").json == {"status": "ok"}
        first, second = pair(at)
        with first, second:
            first.send("webrtc_offer", sdp="v=0\r\n")
            assert second.next("webrtc_offer")["from"] == first.id


# Clients that we did not write

# A client over TLS loses what arrives in one read with something else, on a busy machine even when it sends slowly.
TLS = "-t -S -z 300"
TLS_ATTEMPTS = 4
MODES = ["-t", "-t -c -e", TLS, f"{TLS} -c -e", "-t -s", f"{TLS} -D -s", f"{TLS} -l 1400"]


def test_turnutils_lose_nothing(one_port: Deployment) -> None:
    def run(mode: str, peer: int) -> tuple[str, Run]:
        modes = mode.split()
        way = ["127.0.0.1", "-r", str(peer)] if modes[-1] == "-e" else ["-y"]
        for _ in range(TLS_ATTEMPTS if "-S" in modes else 1):
            done = uclient(shared(one_port), *modes, *way, "-n", "5", limit=60)
            if done.lost == 0:
                break
        return mode, done

    before = metric(one_port.server, SHARED)
    with echo_peer() as peer, ThreadPoolExecutor(len(MODES)) as pool:
        for mode, done in pool.map(lambda mode: run(mode, peer), MODES):
            assert (done.code, done.lost) == (0, 0), (mode, done.output)
            assert done.sent == done.received >= 5, (mode, done.output)
    eventually(lambda: metric(one_port.server, SHARED) > before + len(MODES), FOLD_LIMIT, "streams are counted")


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_two_aiortc_peers_are_in_a_call(
    one_port: Deployment, certificate: Certificate, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
    first, second = one_port.pair_of_ice_servers()
    asyncio.run(asyncio.wait_for(call(over(transport, first), over(transport, second)), CALL_LIMIT))


# Cut off


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[Deployment]:
    limits = {"HANDSHAKE_TIMEOUT": 1, "RELAY_STREAM_TIMEOUT": 1, "RELAY_MAX_STREAMS_PER_ADDRESS": 10}
    directory = tmp_path_factory.mktemp("hasty")
    settings = tls(certificate) | NO_PORTS_OF_ITS_OWN | limits
    with deployment("embedded", directory, certificate, **settings) as deployed:
        yield deployed


BINDING = encode(Method.BINDING)


@pytest.mark.parametrize("octets", [b"", BINDING[:1], BINDING[:-1]], ids=len)
@pytest.mark.parametrize("protocols", [(), ("stun.turn",)], ids=str)
@pytest.mark.parametrize("secure", [False, True])
def test_who_says_nothing_or_half_of_it_is_cut_off(
    hasty: Deployment, secure: bool, protocols: tuple[str, ...], octets: bytes
) -> None:
    with stream_to(hasty, secure=secure, protocols=protocols) as stream:
        stream.send(octets)
        start = time.monotonic()
        while stream.socket.recv(1000):
            pass
        assert time.monotonic() - start < 8


@pytest.mark.parametrize("secure", [False, True])
def test_who_trickles_is_cut_off(hasty: Deployment, secure: bool) -> None:
    with stream_to(hasty, secure=secure) as stream:
        deadline = time.monotonic() + 10
        for octet in BINDING * 100:
            stream.send(bytes([octet]) if stream.receive(0.1) is None else b"")
            if stream.has_ended:
                return
            assert time.monotonic() < deadline, "the server waits for ever"


def test_a_handshake_that_does_not_end_is_cut_off(hasty: Deployment) -> None:
    server = hasty.server
    with Connection(server.host, server.https_port) as connection:
        connection.send(b"\x16\x03\x01\x02\x00\x01\x00")
        connection.receive_to_end(8)


def test_streams_of_one_address_are_limited_on_the_shared_port_too(hasty: Deployment) -> None:
    eventually(lambda: metric(hasty.server, "switchboard_relay_streams", transport="tls") == 0, 20, "all have gone")
    before = descriptors(hasty.server.pid)
    streams = [stream_to(hasty, secure=True) for _ in range(10)]
    for stream in streams:
        TurnClient(stream, USER, PASSWORD).bind()
    with stream_to(hasty, secure=True) as refused:
        refused.send(BINDING)
        assert refused.wait_for_end() == []
    for stream in streams:
        stream.close()
    eventually(lambda: descriptors(hasty.server.pid) <= before, 20, "descriptors are back")


def test_a_client_that_goes_at_once_leaves_nothing(one_port: Deployment) -> None:
    before = descriptors(one_port.server.pid)
    for number in range(60):
        stream = stream_to(one_port, secure=number % 2 == 0)
        stream.send(BINDING if number % 3 else BINDING[:5])
        stream.reset()
    eventually(lambda: descriptors(one_port.server.pid) <= before, 20, f"descriptors are back at {before}")


# Under load from all three


class Load:
    """Workers that use the TLS port in three ways until they are stopped; each checks all that it gets."""

    PACKETS = 20

    def __init__(self, deployed: Deployment, certificate: Certificate) -> None:
        self.deployed = deployed
        server = deployed.server
        self.secure = Secure(server.host, server.https_port, certificate.context())
        self.done = {"https": 0, "wss": 0, "turn": 0}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(4)
        self._workers: list[Future[None]] = []

    def __enter__(self) -> Load:
        for work in (self._https, self._wss, self._turn, self._turn):
            self._workers.append(self._pool.submit(self._repeat, work))
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for worker in self._workers:
            worker.result()
        self._pool.shutdown()

    def _repeat(self, work: Callable[[], str]) -> None:
        while not self._stop.is_set():
            kind = work()
            with self._lock:
                self.done[kind] += 1

    def _https(self) -> str:
        assert Rest(self.secure).call("GET", "/healthz").json == {"status": "ok"}
        return "https"

    def _wss(self) -> str:
        first, second = pair(self.secure)
        with first, second:
            for number in range(self.PACKETS):
                first.send("webrtc_offer", sdp=str(number))
                assert second.next("webrtc_offer")["sdp"] == str(number)
        return "wss"

    def _turn(self) -> str:
        """One stream, of which every packet comes back."""
        protocols = secrets.choice([(), ("stun.turn",)])
        with Peer() as peer, stream_to(self.deployed, secure=True, protocols=protocols) as stream:
            client = TurnClient(stream, *self.deployed.conf.credential())
            relayed = client.allocate()
            assert client.bind_channel(0x4000, peer.endpoint).succeeded
            for number in range(self.PACKETS):
                payload = number.to_bytes(4) + bytes(900)
                client.send_on(0x4000, payload)
                assert peer.receive() == (payload, relayed)
                peer.send(payload, relayed)
                assert client.receive_data().payload == payload
            assert client.refresh(0).succeeded
        return "turn"


def test_two_chromiums_call_while_all_three_share_the_port(
    one_port: Deployment, certificate: Certificate, chromiums: tuple[CallPage, CallPage], pages: str
) -> None:
    server = one_port.server

    def handed_over(transport: str) -> float:
        return by_label(server, HANDED_OVER, "transport").get(transport, 0)

    def are_all_taken() -> bool:
        """Each stream handed over is one the relay has, which it says up to a second later."""
        return metric(server, SHARED) == handed_over("tcp") + handed_over("tls")

    eventually(are_all_taken, 2 * FOLD_LIMIT, "earlier streams are counted")
    before = {name: metric(server, name) for name in (SHARED, HANDSHAKES)}
    failed = handed_over("failed")
    failures = by_label(server, FAILURES, "reason")
    with Load(one_port, certificate) as load:
        eventually(lambda: min(load.done.values()) > 0, 60, "all three are at work", interval=0.1)
        enter_relayed_call(chromiums, pages, one_port, "tls")
        assert_in_relayed_call(chromiums, "tls")
        during = dict(load.done)
    for page in chromiums:
        page.close_page()
    assert min(during.values()) >= 2, during
    done = load.done

    def handshakes() -> float:
        return metric(server, HANDSHAKES) - before[HANDSHAKES]

    def of_browsers() -> float:
        return metric(server, SHARED) - before[SHARED] - done["turn"]

    def uncounted() -> float:
        """What the browsers began and gave up before they had said anything, as they do with spare connections."""
        return handshakes() - done["https"] - 2 * done["wss"] - done["turn"] - of_browsers()

    eventually(lambda: are_all_taken() and of_browsers() >= 2, 2 * FOLD_LIMIT, "the browsers' streams are counted")
    eventually(lambda: uncounted() >= 0, 2 * FOLD_LIMIT, "all handshakes are counted", interval=0.2)
    assert uncounted() <= GIVEN_UP, (done, of_browsers(), uncounted())
    # Elsewhere clients may go before they can be handed over; none of these does.
    assert handed_over("failed") == failed
    new_failures = by_label(server, FAILURES, "reason")
    assert {**new_failures, "ended": 0} == {**failures, "ended": 0}, (failures, new_failures)
    eventually(
        lambda: metric(server, "switchboard_relay_streams", transport="tls") == 0,
        20, "the relay's streams have ended", interval=0.2,
    )  # fmt: skip
