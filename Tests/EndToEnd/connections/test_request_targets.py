"""Targets of requests in every form (RFC 9112, section 3.2), as a client sends them that takes the server for its proxy."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator

import pytest

from support.rest import Rest, new_code, new_device
from support.switchboard import Server
from support.tcp import Connection, Response, Secure, read_response, request
from support.wsclient import KEY, assert_accepted, handshake

LIMIT = 20
ALL_METHODS = "GET, HEAD, POST, DELETE, OPTIONS"


def curl(server: Server, target: str, *arguments: str) -> list[str]:
    """A command that asks the server as its proxy for what is at a path of the server."""
    return [
        "curl", "--silent", "--show-error", "--no-buffer", "--include", "--max-time", str(LIMIT), "--noproxy", "",
        "--proxy", server.http, *arguments, f"{server.http}{target}",
    ]  # fmt: skip


def fetched(server: Server, target: str, *arguments: str) -> str:
    result = subprocess.run(
        curl(server, target, *arguments), capture_output=True, timeout=LIMIT + 10
    )
    assert result.returncode == 0, result
    return result.stdout.decode()


@contextlib.contextmanager
def output(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


def answer(server: Server, wire: bytes) -> Response:
    with Connection(server.host, server.port) as connection:
        connection.send(wire)
        response = read_response(connection)
        assert response is not None, "the server closed without an answer"
        return response


# curl


@pytest.mark.parametrize("path", ["/ws", "/", "/ws?token=x"])
def test_curl_shakes_hands_through_its_proxy(shared_server: Server, path: str) -> None:
    fields = [
        "Connection: Upgrade", "Upgrade: websocket", f"Sec-WebSocket-Key: {KEY}", "Sec-WebSocket-Version: 13",
    ]  # fmt: skip
    options = [part for field in fields for part in ("--header", field)]
    with output(curl(shared_server, path, *options)) as process:
        assert process.stdout is not None
        received = b""
        while b'"type":"connected"' not in received:
            part = process.stdout.read1(4_096)
            assert part, f"curl ended with {received!r}"
            received += part
        assert received.startswith(b"HTTP/1.1 101 "), received


def test_curl_pairs_through_its_proxy(shared_server: Server) -> None:
    code, first, second = new_code(), new_device(), new_device()
    created = fetched(
        shared_server, "/api/rooms",
        "--data", json.dumps({"joinid": code, "client1": first, "expiresInSeconds": 60}),
    )  # fmt: skip
    assert created.startswith("HTTP/1.1 201 "), created
    accepted = fetched(
        shared_server, "/api/rooms/accept", "--data", json.dumps({"joinid": code, "client2": second})
    )
    assert accepted.startswith("HTTP/1.1 200 "), accepted
    room = json.loads(accepted.split("\r\n\r\n", 1)[1])["roomid"]
    found = fetched(shared_server, f"/api/rooms?roomid={room}")
    assert first in found and second in found


def test_curl_reads_pages_through_its_proxy(shared_server: Server) -> None:
    page = fetched(shared_server, "/demo/")
    assert page.startswith("HTTP/1.1 200 ") and "<!doctype html>" in page.lower()
    assert "\r\nLocation: demo/\r\n" in fetched(shared_server, "/demo")
    assert fetched(shared_server, "/demo", "--location").count("HTTP/1.1 ") == 2


# By hand


@pytest.mark.parametrize("target", ["http://h", "http://h/ws", "HTTP://H:81/ws?x=y", "http://[::1]:80/", "http://h?x"])
def test_a_handshake_may_have_an_absolute_target(shared_server: Server, target: str) -> None:
    assert_accepted(answer(shared_server, handshake(target)))


@pytest.mark.parametrize(
    "target", ["ws://localhost/", "wss://localhost/ws", "http://u@localhost/ws", "http:///ws", "localhost/ws", "/ws#a"]
)
@pytest.mark.parametrize("wire", [handshake, lambda target: request("GET", target)], ids=["handshake", "request"])
def test_what_is_no_target_is_one_for_nobody(shared_server: Server, wire, target: str) -> None:
    answer(shared_server, wire(target)).assert_refusal(400, error="bad_request")


def test_the_targets_host_goes_before_the_host_field(shared_server: Server) -> None:
    """By `/rooms`, which is for callers who know this machine by its own name."""
    own, other = "localhost", "rebind.example"
    assert answer(shared_server, request("GET", f"http://{own}/rooms", host=other)).status == 200
    assert answer(shared_server, request("GET", f"http://{other}/rooms", host=own)).status == 403
    # The gate leaves this line to the decoder.
    line = request("GET", f" http://{other}/rooms", host=own)
    assert answer(shared_server, line).status == 403


def test_an_https_url_is_for_tls(shared_server: Server, https: Secure, https_server: Server) -> None:
    for wire in (handshake("https://localhost/ws"), request("GET", "https://localhost/healthz")):
        answer(shared_server, wire).assert_refusal(421, error="bad_request")
    assert Rest(https).call("GET", "https://localhost/healthz").status == 200
    assert Rest(https).call("GET", "http://localhost/healthz").status == 200


@pytest.mark.parametrize("target", ["*", "http://localhost", "http://localhost:80"])
def test_options_of_the_server_itself(shared_server: Server, target: str) -> None:
    with Connection(shared_server.host, shared_server.port) as connection:
        for _ in range(2):
            connection.send(request("OPTIONS", target))
            response = read_response(connection)
            assert response is not None and (response.status, response.body) == (204, b"")
            assert response.header("allow") == ALL_METHODS
        connection.send(request("GET", "*"))
        refusal = read_response(connection)
        assert refusal is not None
        refusal.assert_refusal(400, error="bad_request")


@pytest.mark.parametrize("target", ["localhost:80", "http://localhost/", "/", "*"])
def test_there_are_no_tunnels(shared_server: Server, target: str) -> None:
    answer(shared_server, request("CONNECT", target)).assert_refusal(404, error="not_found")
