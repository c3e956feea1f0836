"""A request whose body did not arrive whole is not executed, even if what came of it reads as whole JSON."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable

import pytest

from support.rest import Rest, new_code, new_device
from support.switchboard import Server
from support.tcp import Connection, read_response

WATCH = 0.3
"""Seconds without a change after which a connection that was reset has changed nothing."""


@dataclasses.dataclass(frozen=True)
class Attempt:
    """A call that would change something, and whether all is as it was before."""

    method: str
    target: str
    body: dict[str, object]
    is_undone: Callable[[], bool]


def create(rest: Rest) -> Attempt:
    code, device = new_code(), new_device()
    body = {"joinid": code, "client1": device, "expiresInSeconds": 60}
    return Attempt("POST", "/api/rooms", body, lambda: rest.check(code, device).status == 404)


def accept(rest: Rest) -> Attempt:
    code, device = new_code(), new_device()
    assert rest.create(code, device).status == 201
    body = {"joinid": code, "client2": new_device()}
    return Attempt("POST", "/api/rooms/accept", body, lambda: rest.check(code, device).status == 204)


def check(rest: Rest) -> Attempt:
    code, first, second = new_code(), new_device(), new_device()
    assert rest.create(code, first).status == 201
    accepted = rest.accept(code, second)
    assert accepted.status == 200
    body = {"joinid": code, "client1": first}
    return Attempt("POST", "/api/rooms/check", body, lambda: rest.accept(code, second).body == accepted.body)


def delete(rest: Rest) -> Attempt:
    room = rest.pair(new_device(), new_device())
    return Attempt("DELETE", "/api/rooms", {"roomid": room}, lambda: rest.room(room).status == 200)


def delete_by_query(rest: Rest) -> Attempt:
    room = rest.pair(new_device(), new_device())
    return Attempt("DELETE", f"/api/rooms?roomid={room}", {}, lambda: rest.room(room).status == 200)


def purge(rest: Rest) -> Attempt:
    device = new_device()
    room = rest.pair(device, new_device())
    return Attempt("POST", "/api/user/purge", {"deviceId": device}, lambda: rest.room(room).status == 200)


ATTEMPTS = [create, accept, check, delete, delete_by_query, purge]


def too_short(attempt: Attempt) -> bytes:
    """More is announced than comes."""
    body = json.dumps(attempt.body).encode()
    return head(attempt, f"Content-Length: {len(body) + 1}") + body


def without_last_chunk(attempt: Attempt) -> bytes:
    """The chunk that ends the body does not come."""
    body = json.dumps(attempt.body).encode()
    return head(attempt, "Transfer-Encoding: chunked") + b"%x\r\n%b\r\n" % (len(body), body)


def without_trailers(attempt: Attempt) -> bytes:
    """The last chunk comes, the empty line behind it does not."""
    return without_last_chunk(attempt) + b"0\r\n"


def head(attempt: Attempt, framing: str) -> bytes:
    lines = [f"{attempt.method} {attempt.target} HTTP/1.1", "Host: localhost", framing, "", ""]
    return "\r\n".join(lines).encode()


BODIES = [too_short, without_last_chunk, without_trailers]


@pytest.fixture(scope="module")
def rest(shared_server: Server) -> Rest:
    return Rest(shared_server)


def name(function: Callable[..., object]) -> str:
    return function.__name__


@pytest.mark.parametrize("body", BODIES, ids=name)
@pytest.mark.parametrize("kind", ATTEMPTS, ids=name)
def test_a_body_that_ends_too_early_is_a_bad_request(
    shared_server: Server, rest: Rest, kind: Callable[[Rest], Attempt], body: Callable[[Attempt], bytes]
) -> None:
    attempt = kind(rest)
    with Connection(shared_server.host, shared_server.port) as connection:
        connection.send(body(attempt))
        connection.wait_until_read()
        connection.half_close()
        response = read_response(connection)
        assert response is not None, "closed without an answer"
        response.assert_refusal(400, error="bad_request")
        assert response.rest + connection.receive_to_end() == b""
    assert attempt.is_undone()


@pytest.mark.parametrize("body", BODIES, ids=name)
@pytest.mark.parametrize("kind", ATTEMPTS, ids=name)
def test_a_client_that_dies_within_a_body_has_changed_nothing(
    shared_server: Server, rest: Rest, kind: Callable[[Rest], Attempt], body: Callable[[Attempt], bytes]
) -> None:
    attempt = kind(rest)
    with Connection(shared_server.host, shared_server.port) as connection:
        connection.send(body(attempt))
        connection.wait_until_read()
        connection.reset()
    end = time.monotonic() + WATCH
    while time.monotonic() < end:
        assert attempt.is_undone()
        time.sleep(0.02)


@pytest.mark.parametrize("kind", ATTEMPTS, ids=name)
def test_the_same_body_is_executed_when_it_is_whole(
    shared_server: Server, rest: Rest, kind: Callable[[Rest], Attempt]
) -> None:
    """What keeps the tests above honest: nothing but the missing end is wrong with these requests."""
    attempt = kind(rest)
    with Connection(shared_server.host, shared_server.port) as connection:
        connection.send(without_trailers(attempt) + b"\r\n")
        response = read_response(connection)
        assert response is not None and response.status in (200, 201), response
    assert not attempt.is_undone()


@pytest.mark.parametrize("broken", ["ended", "bad chunk"])
def test_a_request_that_was_answered_before_its_body_broke_gets_one_answer(shared_server: Server, broken: str) -> None:
    framing = b"Content-Length: 100\r\n\r\n" if broken == "ended" else b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"
    with Connection(shared_server.host, shared_server.port) as connection:
        connection.send(b"PUT /api/rooms HTTP/1.1\r\nHost: localhost\r\n" + framing)
        response = read_response(connection)
        assert response is not None and response.status == 405
        if broken == "ended":
            connection.half_close()
        else:
            connection.send(b"ZZZ\r\n")
        assert response.rest + connection.receive_to_end() == b""
