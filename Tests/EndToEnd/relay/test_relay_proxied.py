"""TURN behind a proxy that says who the client is, on the ports of the web server and of the relay."""

from __future__ import annotations

import pathlib
import ssl
from collections.abc import Callable, Iterator

import pytest

from support.certificates import Certificate
from support.metrics import FOLD_LIMIT, by_label
from support.proxiedways import PROXY, WAYS, by
from support.proxyheader import LOCAL, UNSPEC, raw_version2, version1, version2
from support.relay import PASSWORD, USER, Relay, running
from support.stun import Endpoint, Method, encode
from support.tcp import Connection, read_response, request
from support.transports import Peer, Stream
from support.turnclient import Client as TurnClient
from support.waiting import eventually

BINDING = encode(Method.BINDING)
STRANGER = "127.0.0.8"


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[Relay]:
    limits = {"RELAY_STREAM_TIMEOUT": 2, "HANDSHAKE_TIMEOUT": 2, "RELAY_MAX_STREAMS_PER_ADDRESS": 4}
    tls = {"TLS_PORT": 0, "TLS_CERT": certificate.cert, "TLS_KEY": certificate.key}
    settings = tls | {"PROXY_PROTOCOL_FROM": f"{PROXY},::1"} | limits
    with running(tmp_path_factory.mktemp("proxied"), **settings) as relay:
        yield relay


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("version", [version1, version2])
def test_the_relay_sees_the_client_that_the_proxy_names(
    proxied: Relay, way: str, version: Callable[..., bytes]
) -> None:
    with by(proxied, way, version("203.0.113.7", port=41_000)) as stream, Peer() as peer:
        client = TurnClient(stream, USER, PASSWORD)
        assert client.bind() == Endpoint("203.0.113.7", 41_000)
        relayed = client.allocate()
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        peer.send(b"through the proxy", relayed)
        assert client.receive_data().payload == b"through the proxy"


@pytest.mark.parametrize("way", WAYS)
def test_an_ipv6_client_may_come_by_an_ipv4_proxy(proxied: Relay, way: str) -> None:
    with by(proxied, way, version2("2001:db8::7", "2001:db8::1", port=41_000)) as stream:
        assert TurnClient(stream).bind() == Endpoint("2001:db8::7", 41_000)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("header", [raw_version2(LOCAL, UNSPEC), b"PROXY UNKNOWN\r\n"], ids=["LOCAL", "UNKNOWN"])
def test_a_connection_of_the_proxys_own_keeps_its_address(proxied: Relay, way: str, header: bytes) -> None:
    with by(proxied, way, header) as stream:
        assert TurnClient(stream).bind() == stream.local


@pytest.mark.parametrize("way", WAYS)
def test_limits_are_the_clients_and_not_the_proxys(proxied: Relay, way: str) -> None:
    streams = []
    for number in range(8):
        stream = by(proxied, way, version1(f"198.51.100.{1 + number // 4}", port=42_000 + number))
        TurnClient(stream).bind()
        streams.append(stream)
    try:
        with by(proxied, way, version1("198.51.100.1", port=43_000)) as refused:
            refused.send(BINDING)
            assert refused.wait_for_end() == []
    except (ConnectionResetError, ssl.SSLEOFError):
        assert way == "relay tls"  # closed as soon as the header names the client, before the handshake
    for stream in streams:
        stream.close()

    def are_gone() -> bool:
        return sum(by_label(proxied, "switchboard_relay_streams", "transport").values()) == 0

    eventually(are_gone, FOLD_LIMIT + 5, "the streams have ended")


@pytest.mark.parametrize("way", WAYS)
def test_a_proxy_has_to_say_who_and_others_must_not(proxied: Relay, way: str) -> None:
    secure, port = WAYS[way]
    at = Endpoint("127.0.0.1", port(proxied))
    for source, octets in [(PROXY, BINDING), (PROXY, b"PROXY TCP9\r\n"), (STRANGER, version1("203.0.113.7") + BINDING)]:
        with Stream(at, None, source) as stream:
            stream.send(octets)
            stream.socket.settimeout(20)
            received = b""
            try:
                while piece := stream.socket.recv(1000):
                    received += piece
            except ConnectionResetError:
                pass
            # An alert of TLS, or an HTTP error; no answer of the relay.
            assert b"\x21\x12\xa4\x42" not in received, received
    with by(proxied, way, b"", STRANGER) as stream:
        assert TurnClient(stream).bind() == stream.local
    assert secure in (False, True)


@pytest.mark.parametrize("way", ["relay", "relay tls"])
@pytest.mark.parametrize("count", [0, 5])
def test_a_header_that_does_not_come_is_not_waited_for(proxied: Relay, way: str, count: int) -> None:
    _, port = WAYS[way]
    with Stream(Endpoint("127.0.0.1", port(proxied)), None, PROXY) as stream:
        stream.send(version1("203.0.113.7")[:count])
        assert stream.wait_for_end() == []


def test_the_relays_own_check_works_behind_its_proxy(tmp_path: pathlib.Path) -> None:
    with running(tmp_path, RELAY_UDP=0, PROXY_PROTOCOL_FROM="127.0.0.1", HOST="127.0.0.1") as relay:
        with Connection(relay.host, relay.port) as connection:
            connection.send(version1("203.0.113.7") + request("GET", "/readyz"))
            response = read_response(connection)
            assert response is not None and response.status == 200, response
