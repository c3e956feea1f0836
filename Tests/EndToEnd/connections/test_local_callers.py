"""Who is local: programs of the server's machine that speak to it directly, and no page of another site in a browser there."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator

import pytest

from support.chromium import Chromium
from support.rest import Rest, new_code, new_device
from support.switchboard import Server
from support.tcp import Connection, Response, read_response, request
from support.wsclient import assert_accepted, handshake

GUESSES = 3
STRANGERS: dict[str, dict[str, str]] = {
    "a name that leads here": {"Host": "rebind.example"},
    "a name below localhost": {"Host": "localhost.rebind.example"},
    "an address of the network": {"Host": "192.0.2.1"},
    "a page of another site": {"Origin": "https://evil.example"},
    "a page without an origin": {"Origin": "null"},
    "a page of another port": {"Origin": "http://127.0.0.1:1"},
    "a page elsewhere that sends no origin": {"Sec-Fetch-Site": "cross-site"},
    "another port that sends no origin": {"Sec-Fetch-Site": "same-site"},
    "a proxy that says so": {"Via": "1.1 proxy"},
    "a proxy that names the client": {"X-Forwarded-For": "127.0.0.1"},
    "a proxy that names the host": {"X-Forwarded-Host": "localhost"},
}


@pytest.fixture
def server(start_server: Callable[..., Server]) -> Server:
    return start_server(ACCEPT_FAILURES=GUESSES, CONNECTIONS_PER_MINUTE=2, GLOBAL_ACCEPT_FAILURES_PER_MINUTE=1_000)


def guess(rest: Rest) -> int:
    return rest.accept(new_code(), new_device()).status


@pytest.mark.parametrize("fields", STRANGERS.values(), ids=list(STRANGERS))
def test_strangers_have_no_privileges(server: Server, fields: dict[str, str]) -> None:
    stranger, program = Rest(server, headers=fields), Rest(server)
    answer = stranger.call("GET", "/rooms")
    assert (answer.status, answer.error) == (403, "forbidden")
    assert program.call("GET", "/rooms").status == 200
    assert [guess(stranger) for _ in range(GUESSES + 1)] == [404] * GUESSES + [429]
    assert [guess(program) for _ in range(GUESSES + 1)] == [404] * (GUESSES + 1), "limits are not for programs here"


def shake_hands(server: Server, fields: dict[str, str]) -> Response:
    with Connection(server.host, server.port) as connection:
        names = {name.replace("-", "_"): value for name, value in fields.items()}
        connection.send(handshake("/ws", **names))
        response = read_response(connection)
        assert response is not None
        return response


@pytest.mark.parametrize("fields", STRANGERS.values(), ids=list(STRANGERS))
def test_handshakes_of_strangers_count_for_this_machines_address(server: Server, fields: dict[str, str]) -> None:
    for _ in range(2):
        assert_accepted(shake_hands(server, fields))
    shake_hands(server, fields).assert_refusal(429, error="rate_limited")
    for _ in range(4):
        assert_accepted(shake_hands(server, {}))


def test_the_servers_own_pages_are_local(server: Server) -> None:
    own = Rest(server, headers={"Origin": server.http, "Sec-Fetch-Site": "same-origin"})
    assert own.call("GET", "/rooms").status == 200
    assert [guess(own) for _ in range(2 * GUESSES)] == [404] * 2 * GUESSES


def test_a_client_without_a_host_is_a_stranger(server: Server) -> None:
    with Connection(server.host, server.port) as connection:
        connection.send(request("GET", "/rooms").replace(b"HTTP/1.1", b"HTTP/1.0").replace(b"Host: localhost\r\n", b""))
        response = read_response(connection)
        assert response is not None and response.status == 403


# A browser on the server's machine


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """It takes every name of example for one of this machine."""
    profile: pathlib.Path = tmp_path_factory.mktemp("stranger")
    browser = Chromium(profile, ["--host-resolver-rules=MAP *.example 127.0.0.1"])
    yield browser
    browser.quit()


GUESS = """
  return (async (server, guesses) => {
    const statuses = [];
    for (let count = 0; count < guesses; count++) {
      const body = JSON.stringify({joinid: `none-${count}`, client2: "b"});
      statuses.push((await fetch(`${server}/api/rooms/accept`, {method: "POST", body})).status);
    }
    return statuses;
  })(...arguments);
"""
ROOMS = "return fetch('/rooms').then((response) => response.status)"


@pytest.mark.parametrize("site", ["another site", "a name that leads here"])
def test_a_page_in_a_browser_on_this_machine_is_a_stranger(server: Server, browser: Chromium, site: str) -> None:
    """What it knows of the machine: the address where the server listens, or a name of its own that leads there."""
    rebound = f"http://rebind.example:{server.port}"
    target = rebound if site == "a name that leads here" else server.http
    browser.go(f"{rebound}/healthz")
    assert browser.run(GUESS, target, GUESSES + 1) == [404] * GUESSES + [429]
    if target == rebound:
        assert browser.run(ROOMS) == 403
    browser.go(f"{server.http}/healthz")
    assert browser.run(ROOMS) == 200
    assert browser.run(GUESS, server.http, GUESSES + 1) == [404] * (GUESSES + 1)
