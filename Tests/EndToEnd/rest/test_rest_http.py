"""The REST API as HTTP: cross-origin rules, methods, sizes, and how connections are used."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from support.rawhttp import RawConnection, request
from support.rest import Answer, Rest, new_code, new_device
from support.switchboard import Server

APP = "https://app.example"
PATHS = {
    "/api/rooms": {"GET", "POST", "DELETE"},
    "/api/rooms/accept": {"POST"},
    "/api/rooms/check": {"POST"},
    "/api/user/purge": {"POST"},
}
KIB = 1_024


@pytest.fixture(scope="module")
def rest(shared_server: Server) -> Rest:
    return Rest(shared_server)


def names(header: str) -> set[str]:
    return {name.strip() for name in header.split(",")}


def preflight(rest: Rest, path: str, method: str, origin: str = APP) -> Answer:
    return rest.call(
        "OPTIONS",
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "content-type",
        },
    )


# Cross-origin calls


@pytest.mark.parametrize("path", PATHS)
def test_a_browser_may_ask_before_each_call(rest: Rest, path: str) -> None:
    for method in PATHS[path]:
        answer = preflight(rest, path, method)
        assert answer.status == 204 and answer.body == b""
        assert answer.headers["access-control-allow-origin"] == "*"
        assert PATHS[path] <= names(answer.headers["access-control-allow-methods"])
        assert "content-type" in names(answer.headers["access-control-allow-headers"].lower())


def test_a_page_may_read_answers_and_refusals(rest: Rest) -> None:
    browser = {"Origin": APP}
    body = {"joinid": new_code(), "client1": new_device(), "expiresInSeconds": 60}
    answers = [
        rest.call("POST", "/api/rooms", body, browser),
        rest.call("POST", "/api/rooms/check", body, browser),
        rest.call("POST", "/api/rooms", {}, browser),
        rest.call("POST", "/api/rooms", b"{", browser),
        rest.call("POST", "/api/rooms", b" " * 17 * KIB, browser),
        rest.call("PUT", "/api/rooms", None, browser),
        rest.call("GET", "/api/nowhere", None, browser),
    ]
    assert [answer.status for answer in answers] == [201, 204, 400, 400, 413, 405, 404]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == "*", answer


def test_only_configured_origins_are_allowed_when_there_are_some(start_server: Callable[..., Server]) -> None:
    rest = Rest(start_server(ALLOWED_ORIGINS=f"{APP},https://second.example"))
    for origin in (APP, "https://second.example"):
        for answer in (
            preflight(rest, "/api/rooms", "POST", origin),
            rest.call("GET", "/api/rooms?roomid=1", None, {"Origin": origin}),
        ):
            assert answer.headers["access-control-allow-origin"] == origin
            assert "origin" in names(answer.headers["vary"].lower())
    for origin in ("https://evil.example", "https://app.example.evil.example", "http://app.example", "null"):
        for answer in (
            preflight(rest, "/api/rooms", "POST", origin),
            rest.call("GET", "/api/rooms?roomid=1", None, {"Origin": origin}),
        ):
            assert "access-control-allow-origin" not in answer.headers


# Paths and methods


@pytest.mark.parametrize("path", PATHS)
def test_another_method_is_refused_with_those_that_there_are(rest: Rest, path: str) -> None:
    for method in {"GET", "PUT", "PATCH", "POST", "DELETE"} - PATHS[path]:
        answer = rest.call(method, path)
        assert (answer.status, answer.error) == (405, "method_not_allowed"), method
        allowed = names(answer.headers["allow"])
        assert PATHS[path] <= allowed and method not in allowed


@pytest.mark.parametrize("path", ["/nowhere", "/api", "/api/", "/api/rooms/nowhere", "/API/ROOMS"])
def test_an_unknown_path_is_not_found(rest: Rest, path: str) -> None:
    for method in ("GET", "POST"):
        answer = rest.call(method, path)
        assert (answer.status, answer.error) == (404, "not_found"), method


def test_head_answers_like_get_without_a_body(shared_server: Server) -> None:
    with RawConnection(shared_server) as connection:
        for path in ("/", "/healthz", "/readyz"):
            connection.send(request("HEAD", path) + request("GET", path))
            head, get = connection.answer(to="HEAD"), connection.answer()
            assert head.status == get.status == 200
            assert head.headers["content-type"] == get.headers["content-type"]


# Sizes


def padded(size: int, **members: object) -> bytes:
    """A JSON object of exactly this many bytes."""
    empty = json.dumps(members | {"padding": ""}).encode()
    return json.dumps(members | {"padding": "x" * (size - len(empty))}).encode()


@pytest.mark.parametrize("path", PATHS)
def test_a_body_may_be_as_long_as_its_limit_and_no_longer(rest: Rest, path: str) -> None:
    limit = 64 * KIB if path == "/api/user/purge" else 16 * KIB
    done = {"/api/rooms": 201, "/api/user/purge": 200}.get(path, 404)
    members = {name: new_device() for name in ("joinid", "client1", "client2", "deviceId")}
    longest = rest.call("POST", path, padded(limit, **members, expiresInSeconds=60))
    assert longest.status == done and len(padded(limit, **members)) == limit
    longer = rest.call("POST", path, padded(limit + 1, **members, expiresInSeconds=60))
    assert (longer.status, longer.error) == (413, "too_large")


def test_a_chunked_body_is_measured_too(shared_server: Server) -> None:
    with RawConnection(shared_server) as connection:
        connection.send(request("POST", "/api/rooms", b"", "Transfer-Encoding: chunked"))
        for _ in range(5):
            connection.send(b"1000\r\n" + b" " * 4 * KIB + b"\r\n")
        answer = connection.answer()
        assert (answer.status, answer.error) == (413, "too_large")


def test_a_body_that_is_announced_too_large_is_refused_before_it_comes(shared_server: Server) -> None:
    with RawConnection(shared_server) as connection:
        connection.send(request("POST", "/api/rooms", b"", f"Content-Length: {10**9}"))
        answer = connection.answer()
        assert (answer.status, answer.error) == (413, "too_large")


# Connections


def test_pipelined_requests_are_answered_in_order(shared_server: Server) -> None:
    code, first, second = new_code(), new_device(), new_device()
    calls = [
        ("/api/rooms", {"joinid": code, "client1": first, "expiresInSeconds": 60}),
        ("/api/rooms/check", {"joinid": code, "client1": first}),
        ("/api/rooms/accept", {"joinid": code, "client2": second}),
        ("/api/rooms/check", {"joinid": code, "client1": first}),
        ("/api/rooms/check", {"joinid": code, "client1": first}),
    ]
    with RawConnection(shared_server) as connection:
        connection.send(b"".join(request("POST", path, json.dumps(body).encode()) for path, body in calls))
        answers = [connection.answer() for _ in calls]
        assert [answer.status for answer in answers] == [201, 204, 200, 200, 404]
        assert answers[2].json == answers[3].json
        connection.send(request("GET", "/healthz"))
        assert connection.answer().status == 200, "the connection goes on"


def test_requests_arrive_byte_by_byte_and_in_chunks(shared_server: Server) -> None:
    code, device = new_code(), new_device()
    body = json.dumps({"joinid": code, "client1": device, "expiresInSeconds": 60}).encode()
    chunked = request("POST", "/api/rooms", b"", "Transfer-Encoding: chunked")
    chunked += b"".join(b"1;name=value\r\n%c\r\n" % byte for byte in body) + b"0\r\nTrailer: 1\r\n\r\n"
    with RawConnection(shared_server) as connection:
        for byte in request("POST", "/api/rooms", body):
            connection.send(bytes([byte]))
        assert connection.answer().status == 201
        connection.send(chunked)
        assert connection.answer().status == 201
        connection.send(request("GET", "/healthz"))
        assert connection.answer().status == 200


@pytest.mark.parametrize(
    "last", [request("GET", "/healthz", b"", "Connection: close"), b"GET /healthz HTTP/1.0\r\n\r\n"]
)
def test_the_connection_ends_when_the_client_wants_it_to(shared_server: Server, last: bytes) -> None:
    with RawConnection(shared_server) as connection:
        connection.send(last)
        assert connection.answer().status == 200
        assert connection.at_end()


def test_refusals_do_not_end_the_connection(shared_server: Server) -> None:
    with RawConnection(shared_server) as connection:
        for method, path, body, status in (
            ("POST", "/api/rooms", b"{", 400),
            ("POST", "/api/rooms", b"{}", 400),
            ("POST", "/api/rooms/accept", b'{"joinid":"nobody has this","client2":"a"}', 404),
            ("PUT", "/api/rooms", b"{}", 405),
            ("POST", "/nowhere", b"{}", 404),
            ("GET", "/healthz", b"", 200),
        ):
            connection.send(request(method, path, body))
            assert connection.answer().status == status, path
