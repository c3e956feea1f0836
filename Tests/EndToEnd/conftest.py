"""Fixtures that all end-to-end tests share."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator

import pytest

from support.callpage import FREE_GUESSES
from support.certificates import Certificate, make_certificate
from support.deployment import Deployment, deployment, relays
from support.relay import Connect, Relay, connecting, running
from support.switchboard import Server
from support.tcp import Secure

pytest_plugins = ("support.callfixtures", "support.demofixtures")


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
    """One server for tests that leave nothing behind that others could notice, with default settings but for guesses."""
    server = Server(tmp_path_factory.mktemp("shared"), **FREE_GUESSES).start()
    yield server
    assert server.stop() == 0, server.log_text()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """What the TURN servers of all tests show."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def https_server(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[Server]:
    """One server with a TLS listener, for tests that leave nothing behind that others could notice."""
    directory = tmp_path_factory.mktemp("https")
    server = Server(directory, TLS_PORT=0, TLS_CERT=certificate.cert, TLS_KEY=certificate.key).start()
    yield server
    assert server.stop() == 0, server.log_text()


@pytest.fixture(scope="session")
def https(https_server: Server, certificate: Certificate) -> Secure:
    """The TLS listener of that server."""
    return Secure(https_server.host, https_server.https_port, certificate.context())


@pytest.fixture(scope="module", params=relays("embedded", "coturn"))
def relaying(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> Iterator[Deployment]:
    """A server whose embedded relay carries the calls, and one that leaves that to coturn."""
    with deployment(request.param, tmp_path_factory.mktemp(request.param), certificate) as deployed:
        yield deployed


@pytest.fixture(scope="session")
def shared_relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """One relay for tests that leave nothing behind that others could notice."""
    with running(tmp_path_factory.mktemp("shared-relay")) as relay:
        yield relay


@pytest.fixture
def connect(shared_relay: Relay) -> Iterator[Connect]:
    """A factory of clients of the shared relay: connect("tcp4"); all are closed after the test."""
    with connecting(shared_relay) as connect:
        yield connect


@pytest.fixture
def start_relay(tmp_path: pathlib.Path) -> Iterator[Callable[..., Relay]]:
    """A factory: start_relay(RELAY_LOOPS=1) returns a running relay; all are stopped after the test."""
    relays: list[Relay] = []

    def start(directory: pathlib.Path | None = None, **settings: object) -> Relay:
        relay = Relay(directory or tmp_path, **settings)
        relays.append(relay)
        relay.start()
        return relay

    yield start
    for relay in relays:
        if relay.process is not None:
            relay.stop()
