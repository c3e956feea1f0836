"""Two clients behind NATs of their own reach each other through the relay, and in no other way."""

from __future__ import annotations

import contextlib
import pathlib
import secrets
import subprocess
import sys
from collections.abc import Iterator

import pytest

from support.certificates import Certificate
from support.deployment import relays, turn_urls
from support.namespaces import SERVER, Namespace, internet_with_two_homes, needs_namespaces
from support.switchboard import Server
from support.turnservers import Coturn, write_conf

LIMIT = 60.0
CLIENT = pathlib.Path(__file__).with_name("natclient.py")

pytestmark = needs_namespaces()


@pytest.fixture(scope="module")
def homes() -> Iterator[tuple[Namespace, tuple[Namespace, Namespace]]]:
    with internet_with_two_homes() as network:
        yield network


@pytest.fixture(scope="module", params=relays("embedded", "coturn"))
def server(
    request: pytest.FixtureRequest,
    homes: tuple[Namespace, tuple[Namespace, Namespace]],
    tmp_path_factory: pytest.TempPathFactory,
    certificate: Certificate,
) -> Iterator[Server]:
    """One that has been told nothing about its relay, and one with coturn beside it."""
    directory, launcher = tmp_path_factory.mktemp("server"), homes[0].launcher
    settings: dict[str, object] = {"HOST": "0.0.0.0", "USE_RELAY": 1}
    with contextlib.ExitStack() as running:
        if request.param == "coturn":
            conf = write_conf(directory, certificate, addresses=[SERVER])
            running.enter_context(Coturn(conf, launcher))
            settings |= {"TURN_CONFIG": conf.path, "TURN_URLS": ",".join(turn_urls(conf, SERVER))}
        server = Server(directory, **settings)
        server.launcher = launcher
        running.callback(server.start().stop)
        yield server


def outcomes(server: Server, homes: tuple[Namespace, Namespace], may_relay: bool) -> list[str]:
    """What a client in each home had to say."""
    room = secrets.token_hex(8)
    arguments = [sys.executable, str(CLIENT), f"{SERVER}:{server.port}", room, "yes" if may_relay else "no"]
    clients = [
        subprocess.Popen(
            [*home.launcher, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for home in homes
    ]
    try:
        return [client.communicate(timeout=LIMIT)[0].strip() for client in clients]
    finally:
        for client in clients:
            client.kill()
            client.wait()


def test_the_relay_connects_them(
    homes: tuple[Namespace, tuple[Namespace, Namespace]], server: Server
) -> None:
    assert outcomes(server, homes[1], may_relay=True) == ["connected"] * 2


def test_without_the_relay_they_do_not_connect(
    homes: tuple[Namespace, tuple[Namespace, Namespace]], server: Server
) -> None:
    found = outcomes(server, homes[1], may_relay=False)
    assert all(outcome.startswith("failed:") for outcome in found), found
