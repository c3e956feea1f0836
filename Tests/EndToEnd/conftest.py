"""Fixtures that all end-to-end tests share."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator

import pytest

from certificates import Certificate, make_certificate
from deployment import Deployment, deployment, relays
from switchboard import Server


@pytest.fixture
def start_server(tmp_path: pathlib.Path) -> Iterator[Callable[..., Server]]:
    """A factory: start_server(MESSAGE_RATE=5) returns a running server; all are stopped after the test."""
    servers: list[Server] = []

    def start(directory: pathlib.Path | None = None, **settings: object) -> Server:
        server = Server(directory or tmp_path, **settings)
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        if server.process is not None:
            server.stop()


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server with default settings for tests that leave nothing behind that others could notice."""
    server = Server(tmp_path_factory.mktemp("shared")).start()
    yield server
    assert server.stop() == 0, server.log_text()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """What the TURN servers of all tests show."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module", params=relays("embedded", "coturn"))
def relaying(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> Iterator[Deployment]:
    """A server whose embedded relay carries the calls, and one that leaves that to coturn."""
    with deployment(request.param, tmp_path_factory.mktemp(request.param), certificate) as running:
        yield running
