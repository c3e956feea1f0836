"""REDIRECT_HTTP: plain requests are told to come by TLS, health checks are answered."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from support.certificates import Certificate
from support.metrics import FOLD_LIMIT
from support.rest import Rest
from support.switchboard import Server
from support.tcp import Connection, Response, Secure, read_response, request
from support.waiting import eventually
from support.wsclient import Client, handshake, new_room


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[Server]:
    directory = tmp_path_factory.mktemp("redirecting")
    server = Server(
        directory, TLS_PORT=0, TLS_CERT=certificate.cert, TLS_KEY=certificate.key, REDIRECT_HTTP=1
    ).start()
    yield server
    assert server.stop() == 0, server.log_text()


def answer(server: Server, data: bytes) -> Response:
    with Connection(server.host, server.port) as connection:
        connection.send(data)
        response = read_response(connection, head_request=data.startswith(b"HEAD"))
        assert response is not None
        assert connection.receive_to_end() == b"" or data.startswith(b"HEAD")
        assert not connection.was_reset
        return response


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("example.org", "example.org"),
        ("example.org:8080", "example.org"),
        ("192.0.2.1:80", "192.0.2.1"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("[2001:db8::1]:8080", "[2001:db8::1]"),
    ],
)
@pytest.mark.parametrize("target", ["/", "/demo/?code=1234", "/api/rooms?roomid=x&y=%2F", "//elsewhere.example/"])
def test_requests_are_sent_to_the_same_place_by_https(
    server: Server, host: str, expected: str, target: str
) -> None:
    response = answer(server, request("GET", target, host=host))
    response.assert_refusal(308, error="https_only")
    assert response.header("location") == f"https://{expected}:{server.https_port}{target}"


def test_the_host_of_an_absolute_target_goes_before_the_host_field(server: Server) -> None:
    response = answer(server, request("GET", "http://example.org:81/a?b=c", host="evil.example"))
    response.assert_refusal(308, error="https_only")
    assert response.header("location") == f"https://example.org:{server.https_port}/a?b=c"
    handshaken = answer(server, handshake("https://example.org/ws"))
    assert handshaken.header("location") == f"https://example.org:{server.https_port}/ws"
    for target in ("ws://example.org/", "http://u@example.org/", "http://exa,mple.org/", "http:///"):
        refusal = answer(server, request("GET", target))
        refusal.assert_refusal(400, error="bad_request")
        assert refusal.header("location") is None
    assert answer(server, request("OPTIONS", "*", headers={"Connection": "close"})).status == 204


def test_browsers_are_told_to_come_by_https_at_once(
    server: Server, shared_server: Server, certificate: Certificate
) -> None:
    field = "strict-transport-security"
    secure = Rest(Secure(server.host, server.https_port, certificate.context()))
    for path in ("/", "/demo/", "/healthz", "/nothing"):
        assert secure.call("GET", path).headers[field] == "max-age=31536000"
    # Over HTTP it would mean nothing (RFC 6797 section 7.2).
    assert field not in Rest(server).call("GET", "/healthz").headers
    assert field not in Rest(shared_server).call("GET", "/").headers


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE", "OPTIONS"])
def test_every_method_is_redirected(server: Server, method: str) -> None:
    response = answer(server, request(method, "/api/rooms", b'{"joinid":"1"}' if method == "POST" else None))
    assert response.status == 308


def test_handshakes_are_redirected(server: Server) -> None:
    response = answer(server, handshake("/ws"))
    response.assert_refusal(308, error="https_only")
    assert response.header("location") == f"https://localhost:{server.https_port}/ws"


@pytest.mark.parametrize(
    "host", ["", "a b", "example.org/..", "user@example.org", "example.org:http", "[::1", "x\\y", "exa\"mple", "[x]"]
)
def test_a_host_that_cannot_be_one_is_not_repeated(server: Server, host: str) -> None:
    response = answer(server, request("GET", "/", host=host))
    response.assert_refusal(400, error="bad_request")
    assert response.header("location") is None


def test_without_a_host_there_is_nowhere_to_send_to(server: Server) -> None:
    assert answer(server, b"GET / HTTP/1.0\r\n\r\n").status == 400
    assert answer(server, b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").status == 400


def test_health_checks_are_answered_on_the_plain_port(server: Server) -> None:
    assert Rest(server).call("GET", "/healthz").json == {"status": "ok"}
    assert Rest(server).call("GET", "/readyz").status == 200
    assert Rest(server).call("HEAD", "/healthz").status == 200


def test_by_tls_everything_is_there(server: Server, certificate: Certificate) -> None:
    at = Secure(server.host, server.https_port, certificate.context())
    assert Rest(at).call("GET", "/rooms").status == 200
    with Client(at) as client:
        client.join(new_room())


def test_a_client_that_follows_arrives(server: Server, certificate: Certificate) -> None:
    page = subprocess.run(
        ["curl", "--silent", "--show-error", "--location", "--max-time", "20"]
        + ["--cacert", str(certificate.authority), f"http://localhost:{server.port}/rooms"],
        capture_output=True, text=True, timeout=30,
    )  # fmt: skip
    assert page.returncode == 0 and page.stdout.startswith("{"), (page.stdout, page.stderr)


def test_redirections_are_counted(server: Server, certificate: Certificate) -> None:
    at = Secure(server.host, server.https_port, certificate.context())
    answer(server, request("GET", "/"))

    def counted() -> float:
        text = Rest(at).call("GET", "/metrics").body.decode()
        return float('switchboard_http_refusals_total{reason="https_only"}' in text)

    eventually(counted, FOLD_LIMIT, "the redirection is counted")
