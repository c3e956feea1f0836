"""Bodies that the REST API refuses, with the refusal for each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support.rest import Rest, new_code, new_device
from support.switchboard import Server

CREATE, ACCEPT, CHECK, PURGE = "/api/rooms", "/api/rooms/accept", "/api/rooms/check", "/api/user/purge"


@pytest.fixture(scope="module")
def rest(shared_server: Server) -> Rest:
    return Rest(shared_server)


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", CREATE, {"client1": "a", "expiresInSeconds": 60}, "joinid"),
        ("POST", CREATE, {"joinid": "1", "expiresInSeconds": 60}, "client1"),
        ("POST", CREATE, {"joinid": "1", "client1": "a"}, "exp"),
        ("POST", ACCEPT, {"client2": "a"}, "joinid"),
        ("POST", ACCEPT, {"joinid": "1"}, "client2"),
        ("POST", CHECK, {"client1": "a"}, "joinid"),
        ("POST", CHECK, {"joinid": "1"}, "client1"),
        ("POST", PURGE, {}, "deviceId"),
        ("DELETE", CREATE, {}, "roomid"),
    ],
)
def test_a_missing_member_is_named(
    rest: Rest, method: str, path: str, body: dict[str, object], field: str
) -> None:
    answer = rest.call(method, path, body)
    assert (answer.status, answer.error) == (400, "missing_field")
    assert answer.json["field"] == field


def create_body(**changes: object) -> dict[str, object]:
    return {"joinid": new_code(), "client1": new_device(), "expiresInSeconds": 60} | changes


def create_until(exp: object) -> dict[str, object]:
    return {"joinid": new_code(), "client1": new_device(), "exp": exp}


BAD_CODES: list[object] = [123456, "", "x" * 129, True, {}, [], "a\n", "\0"]
BAD_DEVICES: list[object] = [1, "", "x" * 257, False, {}, [], "\u0007"]
BAD_SECONDS: list[object] = [0, -1, 86_401, 10**30, "60", True, [], {}]
BAD_EXPIRIES: list[object] = [
    1893456000, "", "tomorrow", "2099", "2099-13-01T00:00:00Z", "2099-02-30T00:00:00Z", True, {}, "9" * 1_000,
    "2099-01-01T25:00:00Z", "2099-01-01T00:00:00+99:99", "2001-01-01T00:00:00Z",
]  # fmt: skip
BAD_LISTS: list[object] = [1, "a", {}, [1], ["a", ""], ["a", None]]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        *((CREATE, create_body(joinid=code)) for code in BAD_CODES),
        *((CREATE, create_body(client1=device)) for device in BAD_DEVICES),
        *((CREATE, create_body(expiresInSeconds=seconds)) for seconds in BAD_SECONDS),
        *((CREATE, create_until(exp)) for exp in BAD_EXPIRIES),
        *((ACCEPT, {"joinid": code, "client2": "a"}) for code in BAD_CODES),
        *((ACCEPT, {"joinid": "1", "client2": device}) for device in BAD_DEVICES),
        *((CHECK, {"joinid": code, "client1": "a"}) for code in BAD_CODES),
        *((CHECK, {"joinid": "1", "client1": device}) for device in BAD_DEVICES),
        *((PURGE, {"deviceId": device}) for device in BAD_DEVICES),
        *((PURGE, {"deviceIds": devices}) for devices in BAD_LISTS),
    ],
)
def test_a_member_of_the_wrong_shape_is_refused(rest: Rest, path: str, body: dict[str, object]) -> None:
    answer = rest.call("POST", path, body)
    assert (answer.status, answer.error) == (400, "invalid_field")


@pytest.mark.parametrize("path", [CREATE, ACCEPT, CHECK, PURGE])
@pytest.mark.parametrize("body", [b"{", b"joinid=1", b'{"joinid":"1"', b'{"joinid":"\xff"}', b"{} {}"])
def test_malformed_json_is_refused(rest: Rest, path: str, body: bytes) -> None:
    answer = rest.call("POST", path, body, {"Content-Type": "application/json"})
    assert (answer.status, answer.error) == (400, "invalid_json")


@pytest.mark.parametrize("path", [CREATE, ACCEPT, CHECK, PURGE])
@pytest.mark.parametrize("body", [b"", b"[]", b'"text"', b"null", b"7"])
def test_a_body_that_is_no_object_is_refused(rest: Rest, path: str, body: bytes) -> None:
    answer = rest.call("POST", path, body, {"Content-Type": "application/json"})
    assert (answer.status, answer.error) == (400, "invalid_json")


def test_without_sqlite_every_call_says_so(start_server: Callable[..., Server]) -> None:
    rest = Rest(start_server(USE_SQLITE="false"))
    posts = [("POST", path) for path in (CREATE, ACCEPT, CHECK, PURGE)]
    calls = [("GET", CREATE), ("DELETE", CREATE), *posts]
    for method, path in calls:
        answer = rest.call(method, path, None if method == "GET" else {})
        assert (answer.status, answer.error) == (404, "pairing_disabled"), (method, path)
    assert rest.call("GET", "/").status == 200
