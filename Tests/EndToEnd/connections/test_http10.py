"""HTTP/1.0: what came with HTTP/1.1 is neither understood of such a client nor done for it."""

from __future__ import annotations

import json

import pytest

from support.rawhttp import RawConnection, request
from support.rest import Answer, new_code, new_device
from support.switchboard import Server
from support.wsclient import KEY

OLD = "HTTP/1.0"


def only_answer(server: Server, wire: bytes, to: str = "GET") -> Answer:
    """The one answer that comes; then the connection ends."""
    with RawConnection(server) as connection:
        connection.send(wire)
        answer = connection.answer(to)
        assert connection.at_end()
    assert "transfer-encoding" not in answer.headers
    assert answer.headers["connection"] == "close"
    return answer


@pytest.mark.parametrize("expectation", ["100-continue", "100-Continue"])
def test_an_expectation_is_ignored(shared_server: Server, expectation: str) -> None:
    """RFC 9110, section 10.1.1. The client may take 100 for the answer; section 15.2 forbids it."""
    body = json.dumps({"joinid": new_code(), "client1": new_device(), "expiresInSeconds": 60}).encode()
    wire = request("POST", "/api/rooms", body, f"Expect: {expectation}", version=OLD)
    assert only_answer(shared_server, wire).status == 201


def test_http11_is_told_to_continue_if_a_body_is_to_come(shared_server: Server) -> None:
    with RawConnection(shared_server) as connection:
        for path, body, expected in (("/healthz", b"", [200]), ("/api/rooms", b"{}", [100, 400])):
            connection.send(request("POST" if body else "GET", path, body, "Expect: 100-continue"))
            assert [connection.answer().status for _ in expected] == expected


@pytest.mark.parametrize("target", ["/", "/?a", "http://localhost/"])
def test_an_upgrade_is_ignored(shared_server: Server, target: str) -> None:
    """RFC 9110, section 7.8."""
    fields = ["Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13"]
    answer = only_answer(shared_server, request("GET", target, b"", *fields, version=OLD))
    assert answer.status == 200 and b"running" in answer.body


def test_a_transfer_encoding_is_faulty_framing(shared_server: Server) -> None:
    """RFC 9112, section 6.1: with a length, too, and the connection ends."""
    for more in ((), ("Content-Length: 5",)):
        wire = request("POST", "/api/rooms", b"", "Transfer-Encoding: chunked", *more, version=OLD)
        answer = only_answer(shared_server, wire + b"0\r\n\r\n" + request("GET", "/healthz"))
        assert (answer.status, answer.error) == (400, "bad_request")


@pytest.mark.parametrize("connection", ["keep-alive", "Keep-Alive, foo", "close"])
def test_the_connection_ends_with_the_answer(shared_server: Server, connection: str) -> None:
    wire = request("GET", "/healthz", b"", f"Connection: {connection}", version=OLD)
    assert only_answer(shared_server, wire + wire).status == 200


@pytest.mark.parametrize("path", ["/", "/demo/", "/client/switchboard.js", "/metrics", "/rooms", "/nowhere", "/readyz"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_answers_have_a_length_and_no_chunks(shared_server: Server, method: str, path: str) -> None:
    answer = only_answer(shared_server, request(method, path, version=OLD), method)
    assert int(answer.headers["content-length"]) > 0


def test_a_client_without_a_host_is_answered_but_not_local(shared_server: Server) -> None:
    assert only_answer(shared_server, b"GET /healthz HTTP/1.0\r\n\r\n").status == 200
    assert only_answer(shared_server, b"GET /rooms HTTP/1.0\r\n\r\n").status == 403
    assert only_answer(shared_server, request("GET", "/rooms", version=OLD)).status == 200
