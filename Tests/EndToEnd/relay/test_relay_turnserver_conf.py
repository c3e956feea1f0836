"""A configuration file of coturn's configures the relay; environment and flags go before it."""

from __future__ import annotations

import pathlib
import time

import pytest

from support.bad_stun import WITHOUT_COOKIE
from support.commands import switchboard
from support.ports import free_port, free_ports
from support.relay import Relay, time_limited
from support.stun import Attribute, Endpoint, Method, encode
from support.turnclient import Client

SHIPPED = pathlib.Path(__file__).parents[3] / "turn-server/turnserver.conf"

FROM_THE_FILE = [
    "RELAY_PORT", "RELAY_TLS_PORT", "RELAY_CERT", "RELAY_KEY", "RELAY_IPS", "RELAY_USERS", "RELAY_SECRETS",
    "RELAY_ALLOW_LOOPBACK_PEERS", "RELAY_USER_QUOTA", "RELAY_ADDRESS_QUOTA",
]  # fmt: skip
"""What tests otherwise set in the environment."""


def configured(directory: pathlib.Path, *lines: str, **settings: object) -> Relay:
    """A relay that has its configuration from a file only, but for these settings."""
    relay = Relay(directory, **settings)
    file = directory / "turnserver.conf"
    port = free_port() if "RELAY_PORT" in settings else relay.relay_port
    ports = [f"listening-port={port}", f"tls-listening-port={relay.tls_port}"]
    certificate = [f"cert={relay.settings['RELAY_CERT']}", f"pkey={relay.settings['RELAY_KEY']}"]
    file.write_text("\n".join([*ports, *certificate, *lines, ""]))
    for name in FROM_THE_FILE:
        if name not in settings:
            del relay.settings[name]
    relay.settings["TURN_CONFIG"] = str(file)
    return relay


LONG_TERM = [
    "lt-cred-mech",
    "user=one:first",
    "user=two:second",
    "realm=conf.example.org",
    "relay-ip=127.0.0.1",
]


def test_users_realm_and_ranges_of_the_file_count(tmp_path: pathlib.Path) -> None:
    ports = free_ports(4)
    relay = configured(
        tmp_path,
        *LONG_TERM,
        "# a comment",
        f"min-port={ports[0]}",
        f"max-port={ports[-1]}",
        "allow-loopback-peers",
        "denied-peer-ip=127.0.0.40-127.0.0.49",
        "allowed-peer-ip=127.0.0.45",
        "user-quota=3",
        "fingerprint",
        "no-cli",
        "no-multicast-peers",
        "verbose",
        "log-file=stdout",
        "stale-nonce=600",
    )
    relay.start()
    try:
        for name, password in (("one", "first"), ("two", "second")):
            client = relay.client("udp4", name, password)
            answer = client.try_allocate()
            assert answer.succeeded and Attribute.FINGERPRINT in answer
            assert answer.address(Attribute.XOR_RELAYED_ADDRESS).port in ports
            assert client.credentials.realm == "conf.example.org"
            assert client.permit(Endpoint("127.0.0.39", 9)).succeeded
            assert client.permit(Endpoint("127.0.0.40", 9)).error == 403
            assert client.permit(Endpoint("127.0.0.45", 9)).succeeded
        relay.client("tls4", "one", "first").allocate()
        relay.client("udp4", "one", "first").allocate()
        assert relay.client("udp4", "one", "first").try_allocate().error in (486, 508)
    finally:
        assert relay.stop() == 0, relay.log_text()


def test_secrets_of_the_file_count(tmp_path: pathlib.Path) -> None:
    relay = configured(
        tmp_path, "use-auth-secret", "static-auth-secret=north", "static-auth-secret=south", "realm=r",
        "relay-ip=127.0.0.1", "no-udp",
    )  # fmt: skip
    relay.start()
    try:
        for secret in ("north", "south"):
            name = f"{int(time.time()) + 60}:x"
            relay.client("tcp4", name, time_limited(secret, name)).allocate()
    finally:
        assert relay.stop() == 0, relay.log_text()


def test_the_environment_goes_before_the_file(tmp_path: pathlib.Path) -> None:
    port = free_port()
    relay = configured(tmp_path, *LONG_TERM, RELAY_PORT=port, RELAY_REALM="environment")
    relay.start()
    try:
        client: Client = relay.client("udp4", "one", "first")
        client.allocate()
        assert client.credentials.realm == "environment"
    finally:
        assert relay.stop() == 0, relay.log_text()


def test_what_means_nothing_here_is_noted_once(tmp_path: pathlib.Path) -> None:
    relay = configured(tmp_path, *LONG_TERM, "no-dtls", "mobility", "cli-port=5766", "proc-user=turnserver")
    relay.start()
    assert relay.stop() == 0
    for word in ("mobility", "cli-port", "proc-user"):
        lines = [line for line in relay.lines if word in line]
        assert len(lines) == 1, (word, lines)


@pytest.mark.parametrize("lines", [[], ["no-stun-backward-compatibility"]], ids=["without", "with"])
def test_the_file_can_turn_clients_of_rfc_3489_away(tmp_path: pathlib.Path, lines: list[str]) -> None:
    relay = configured(tmp_path, *LONG_TERM, *lines)
    relay.start()
    try:
        with relay.client() as client:
            client.transport.send(WITHOUT_COOKIE)
            sentinel = encode(Method.BINDING)
            client.transport.send(sentinel)
            frame = client.transport.receive(10)
            assert frame is not None
            assert frame.octets[4:20] == (sentinel if lines else WITHOUT_COOKIE)[4:20]
    finally:
        assert relay.stop() == 0, relay.log_text()


@pytest.mark.parametrize("level", ["info", "debug"])
def test_that_the_shipped_file_asks_for_what_is_always_so_is_for_who_looks(
    tmp_path: pathlib.Path, level: str
) -> None:
    shipped = [line for line in SHIPPED.read_text().splitlines() if "listening-port" not in line]
    assert "no-dtls" in shipped
    relay = configured(tmp_path, *shipped, "relay-ip=127.0.0.1", LOG_LEVEL=level)
    relay.start()
    assert relay.stop() == 0
    remarks = [line for line in relay.lines if "no-dtls" in line]
    assert len(remarks) == (1 if level == "debug" else 0), remarks
    assert not [line for line in relay.lines if "configuration notice" in line and "turnserver.conf" in line]


@pytest.mark.parametrize(
    "line", ["listening-prot=3478", "min-port=high", "user=nobody", "denied-peer-ip=10.0.0.300", "cert"]
)
def test_what_is_unknown_or_wrong_stops_the_start_with_its_line(tmp_path: pathlib.Path, line: str) -> None:
    (tmp_path / "turnserver.conf").write_text(f"# first\nrealm=x\n{line}\n")
    started = switchboard(
        tmp_path, "serve", PORT="0", USE_RELAY="1", RELAY_PORT=free_port(), TURN_CONFIG="turnserver.conf"
    )
    assert started.code not in (0, -9), started
    assert "turnserver.conf" in started.stderr and "3" in started.stderr, started.stderr
