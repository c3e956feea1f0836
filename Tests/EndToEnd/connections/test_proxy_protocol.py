"""The PROXY protocol in front of HTTP and of TLS: who counts as the client, and what is refused."""

from __future__ import annotations

import contextlib
import ssl
import subprocess
from collections.abc import Callable, Iterator

import pytest

from support.certificates import Certificate
from support.metrics import FOLD_LIMIT, metric
from support.proxyheader import LOCAL, PROXY, SIGNATURE, TCP4, UNSPEC, raw_version2, version1, version2
from support.switchboard import Server
from support.tcp import LIMIT, Connection, Response, read_response, request
from support.waiting import eventually
from support.wsclient import assert_accepted, handshake

StartServer = Callable[..., Server]
REFUSED = "switchboard_proxy_headers_refused_total"
PROXY_ADDRESS, STRANGER = "127.0.0.9", "127.0.0.2"
CLIENT, OTHER = "203.0.113.7", "203.0.113.8"


@pytest.fixture
def start(start_server: StartServer, certificate: Certificate) -> Callable[..., Server]:
    """A factory of servers that trust the proxy."""

    def start(**settings: object) -> Server:
        preset = {"PROXY_PROTOCOL_FROM": PROXY_ADDRESS, "TLS_PORT": 0}
        files = {"TLS_CERT": certificate.cert, "TLS_KEY": certificate.key}
        return start_server(**(preset | files | settings))

    return start


def connection(server: Server, source: str = PROXY_ADDRESS, *, tls: bool = False) -> Connection:
    """A connection from the proxy's address, or from another one of this machine."""
    return Connection(server.host, server.https_port if tls else server.port, source=source)


def get(connection: Connection, path: str = "/healthz", **headers: str) -> Response:
    connection.send(request("GET", path, headers=headers))
    response = read_response(connection)
    assert response is not None
    return response


HEADERS = {
    "v1": version1(CLIENT),
    "v1 IPv6": version1("2001:db8::7", "2001:db8::1"),
    "v1 UNKNOWN": b"PROXY UNKNOWN\r\n",
    "v1 UNKNOWN with more": b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n",
    "v2": version2(CLIENT),
    "v2 IPv6": version2("2001:db8::7", "2001:db8::1"),
    "v2 with TLVs": version2(CLIENT, extra=b"\x04\x00\x03abc\x02\x00\x09localhost"),
    "v2 LOCAL": raw_version2(LOCAL, UNSPEC),
    "v2 LOCAL with addresses": raw_version2(LOCAL, TCP4, bytes(12)),
    "v2 UNSPEC": raw_version2(PROXY, UNSPEC),
}


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("pieces", ["with the request", "before it", "octet by octet"])
def test_http_works_behind_every_header(
    proxied: Server, name: str, pieces: str
) -> None:
    with connection(proxied) as proxy:
        if pieces == "with the request":
            proxy.send(HEADERS[name] + request("GET", "/healthz"))
            response = read_response(proxy)
            assert response is not None and response.status == 200
        else:
            proxy.send_in_pieces(HEADERS[name], 1 if pieces == "octet by octet" else 1_000)
        assert get(proxy).status == 200


@pytest.fixture(scope="module")
def proxied(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[Server]:
    """One server for tests that leave nothing behind."""
    server = Server(
        tmp_path_factory.mktemp("proxied"), PROXY_PROTOCOL_FROM=PROXY_ADDRESS, TLS_PORT=0,
        TLS_CERT=certificate.cert, TLS_KEY=certificate.key,
    ).start()  # fmt: skip
    yield server
    assert server.stop() == 0, server.log_text()


@contextlib.contextmanager
def tls_behind(header: bytes, server: Server, certificate: Certificate) -> Iterator[ssl.SSLSocket]:
    with connection(server, tls=True) as proxy:
        proxy.send(header)
        with certificate.context().wrap_socket(proxy.socket, server_hostname="localhost") as secure:
            secure.settimeout(LIMIT)
            yield secure


@pytest.mark.parametrize("name", HEADERS)
def test_the_header_comes_before_tls(proxied: Server, certificate: Certificate, name: str) -> None:
    with tls_behind(HEADERS[name], proxied, certificate) as secure:
        secure.sendall(request("GET", "/healthz"))
        answer = b""
        while not answer.endswith(b'{"status":"ok"}'):
            piece = secure.recv(4_096)
            assert piece, answer
            answer += piece


@pytest.mark.parametrize("header", [version1(CLIENT), version2(CLIENT)], ids=["v1", "v2"])
def test_a_websocket_works_behind_a_header(proxied: Server, header: bytes) -> None:
    with connection(proxied) as proxy:
        proxy.send(header + handshake())
        assert_accepted(read_response(proxy))


@pytest.mark.parametrize("version", [version1, version2])
@pytest.mark.parametrize("tls", [False, True])
def test_limits_count_the_client_and_not_the_proxy(
    start: Callable[..., Server], version: Callable[[str], bytes], tls: bool, certificate: Certificate
) -> None:
    server = start(MAX_CONNECTIONS_PER_ADDRESS=2)
    with contextlib.ExitStack() as open_:

        def connect(address: str) -> Connection:
            proxy = open_.enter_context(connection(server, tls=tls))
            proxy.send(version(address))
            if tls:
                proxy.socket = certificate.context().wrap_socket(proxy.socket, server_hostname="localhost")
            return proxy

        assert all(get(connect(CLIENT)).status == 200 for _ in range(2))
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            assert connect(CLIENT).receive_to_end() == b""
        assert get(connect(OTHER)).status == 200
    refused = "switchboard_connections_refused_total"
    assert metric(server, refused, reason="connections_of_address") == 1

    eventually(lambda: answers(server, version(CLIENT)), 10, "the client's connections are forgotten")


def answers(server: Server, header: bytes) -> bool:
    with connection(server) as proxy:
        proxy.send(header + request("GET", "/healthz"))
        return read_response(proxy) is not None


def test_guesses_are_counted_for_the_client(start: Callable[..., Server]) -> None:
    server = start(ACCEPT_FAILURES=2, GLOBAL_ACCEPT_FAILURES_PER_MINUTE=1_000)
    body = b'{"joinid":"no-such-code","client2":"b"}'

    def guess(address: str) -> int:
        with connection(server) as proxy:
            proxy.send(version2(address) + request("POST", "/api/rooms/accept", body))
            response = read_response(proxy)
            assert response is not None
            return response.status

    assert [guess(CLIENT) for _ in range(3)] == [404, 404, 429]
    assert guess(OTHER) == 404


def test_nobody_is_local_through_a_proxy(start: Callable[..., Server]) -> None:
    server = start()
    for header in (version1("127.0.0.1", "127.0.0.1"), version2("127.0.0.1"), raw_version2(LOCAL, UNSPEC)):
        with connection(server) as proxy:
            proxy.send(header)
            assert get(proxy, "/rooms").status == 403
    with connection(server, STRANGER) as direct:
        assert get(direct, "/rooms").status == 200


def test_forwarded_addresses_are_resolved_from_the_headers_address_on(start: Callable[..., Server]) -> None:
    """A load balancer that speaks the PROXY protocol, in front of it an HTTP proxy that is trusted too."""
    server = start(TRUSTED_PROXIES=OTHER, ACCEPT_FAILURES=1, GLOBAL_ACCEPT_FAILURES_PER_MINUTE=1_000)
    body = b'{"joinid":"no-such-code","client2":"b"}'

    def guess(source: str, forwarded: str) -> int:
        with connection(server) as proxy:
            headers = {"X-Forwarded-For": forwarded}
            proxy.send(version1(source) + request("POST", "/api/rooms/accept", body, headers))
            response = read_response(proxy)
            assert response is not None
            return response.status

    assert [guess(OTHER, CLIENT), guess(OTHER, CLIENT), guess(OTHER, "198.51.100.1")] == [404, 429, 404]
    # One that is not trusted may write what it likes.
    assert [guess(CLIENT + "7", "198.51.100.2"), guess(CLIENT + "7", "198.51.100.3")] == [404, 429]


BAD = {
    "HTTP": request("GET", "/healthz"),
    "a ClientHello": b"\x16\x03\x01\x02\x00\x01",
    "a line without end": b"PROXY TCP4 203.0.113.7 192.0.2.1 40000 " + b"4" * 200,
    "no port": b"PROXY TCP4 203.0.113.7 192.0.2.1\r\n",
    "a name": b"PROXY TCP4 localhost 192.0.2.1 1 2\r\n",
    "the wrong family": b"PROXY TCP6 203.0.113.7 192.0.2.1 1 2\r\n",
    "version 3": SIGNATURE + b"\x31\x11\x00\x0c" + bytes(12),
    "too few addresses": raw_version2(PROXY, TCP4, bytes(4)),
    "too long": raw_version2(PROXY, TCP4, bytes(2_000)),
    "zeros": bytes(100),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("tls", [False, True])
def test_garbage_from_a_proxy_ends_the_connection(proxied: Server, name: str, tls: bool) -> None:
    before = metric(proxied, REFUSED)
    with connection(proxied, tls=tls) as proxy:
        proxy.send(BAD[name])
        assert proxy.receive_to_end() == b""
    eventually(lambda: metric(proxied, REFUSED) == before + 1, FOLD_LIMIT, "it is counted")


@pytest.mark.parametrize("header", [version1(CLIENT), version2(CLIENT)], ids=["v1", "v2"])
@pytest.mark.parametrize("tls", [False, True])
def test_a_header_of_anybody_else_is_bad_input(proxied: Server, header: bytes, tls: bool) -> None:
    with connection(proxied, STRANGER, tls=tls) as stranger:
        stranger.send(header + request("GET", "/healthz"))
        answer = stranger.receive_to_end()
    assert answer == b"" if tls and header.startswith(b"\r") else answer.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("sent", [0, 1, 20])
@pytest.mark.parametrize("header", [version1(CLIENT), version2(CLIENT)], ids=["v1", "v2"])
def test_a_slow_header_is_cut_off(start: Callable[..., Server], header: bytes, sent: int) -> None:
    server = start(HANDSHAKE_TIMEOUT=1)
    with connection(server) as proxy:
        proxy.send(header[:sent])
        assert proxy.receive_to_end() == b""
    ended = "switchboard_connections_ended_total"
    assert metric(server, ended, reason="handshake_timeout") == 1


def test_a_proxy_that_only_looks_leaves_no_trace(proxied: Server) -> None:
    before = metric(proxied, REFUSED)
    with connection(proxied) as proxy:
        proxy.half_close()
        assert proxy.receive_to_end() == b""
    assert metric(proxied, REFUSED) == before


@pytest.mark.parametrize("tls", [False, True])
def test_headers_of_software_that_is_not_ours(proxied: Server, certificate: Certificate, tls: bool) -> None:
    """curl speaks for itself as a proxy would, in version 1."""
    url = f"https://localhost:{proxied.https_port}" if tls else f"http://localhost:{proxied.port}"
    page = subprocess.run(
        ["curl", "--silent", "--show-error", "--max-time", "20", "--cacert", str(certificate.authority)]
        + ["--ipv4", "--interface", PROXY_ADDRESS, "--haproxy-protocol", f"{url}/healthz"],
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert page.stdout == '{"status":"ok"}', page.stderr
