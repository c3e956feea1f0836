"""coturn as compose starts it beside Switchboard: with the same secret, and no laxer than the relay whose place it takes."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import os
import pathlib
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest
import yaml

from support.certificates import Certificate
from support.denied_peers import ALLOWED_V4, ALLOWED_V6, DENIED_V4, DENIED_V6
from support.namespaces import Namespace, needs_namespaces
from support.ports import free_port, is_bound
from support.rest import Rest, new_device
from support.stun import IPV4, IPV6, Endpoint
from support.switchboard import ROOT, Server
from support.transports import Datagrams
from support.turnclient import Client
from support.turnservers import TurnConf, write_conf
from support.turnutils import uclient
from support.waiting import eventually

START = ["sh", str(ROOT / "deploy/coturn-start")]
PORT = 7000


class ComposeLoader(yaml.SafeLoader):
    """Reads Compose's tag !reset as what stands behind it."""


ComposeLoader.add_constructor("!reset", lambda loader, node: loader.construct_sequence(node))


class StartedCoturn:
    """coturn as the profile starts it, with ports of the test's own in its configuration."""

    def __init__(self, conf: TurnConf, environment: Mapping[str, str]) -> None:
        clean = {"PATH": os.environ["PATH"], "COTURN_CONF": str(conf.path)}
        self.log = conf.path.with_name("coturn-start.log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                START, env=clean | environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def __enter__(self) -> StartedCoturn:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


def conf_in(directory: pathlib.Path, certificate: Certificate, *addresses: str) -> TurnConf:
    """The repository's turnserver.conf, but for addresses and ports; the secret is not in it."""
    made = write_conf(directory, certificate, addresses=addresses)
    text = (ROOT / "turn-server/turnserver.conf").read_text()
    text = text.replace("listening-port=3478", f"listening-port={made.port}")
    text = text.replace("tls-listening-port=5349", f"tls-listening-port={made.tls_port}")
    lines = [f"{option}={address}" for option in ("listening-ip", "relay-ip") for address in addresses]
    made.path.write_text("\n".join([text, *lines, "allow-loopback-peers", ""]))
    return made


@pytest.fixture
def conf(tmp_path: pathlib.Path, certificate: Certificate) -> TurnConf:
    return conf_in(tmp_path, certificate, "127.0.0.1")


def test_credentials_of_the_server_are_good_at_the_coturn_beside_it(
    start_server: Callable[..., Server], conf: TurnConf
) -> None:
    shared = {
        "RELAY_SECRETS": f"{conf.secret},the-one-before",
        "TURN_URLS": f"turn:127.0.0.1:{conf.port}?transport=udp",
        "RELAY_MIN_PORT": "49160",
        "RELAY_MAX_PORT": "49200",
        "RELAY_ALLOWED_PEERS": "127.0.0.1",
    }
    with StartedCoturn(conf, shared) as coturn:
        server = start_server(TURN_CONFIG=conf.path, **shared)
        rest, devices = Rest(server), (new_device(), new_device())
        roomid = rest.pair(*devices)
        answer = rest.call("GET", f"/api/ice-servers?roomid={roomid}&client={devices[0]}").json
        [told] = [each for each in answer["iceServers"] if "credential" in each]
        assert told["urls"] == [shared["TURN_URLS"]]

        def relays() -> bool:
            assert coturn.process.poll() is None, coturn.log.read_text(errors="replace")
            credentials = ("-u", told["username"], "-w", told["credential"])
            run = uclient(conf, "-y", "-c", "-n", "5", "-m", "1", limit=30, credentials=credentials)
            return run.received == run.sent > 0

        eventually(relays, 60, "packets pass through coturn")
        log = coturn.log.read_text(errors="replace")
        ports = [int(port) for port in re.findall(r"relay\S* \S*127\.0\.0\.1:(49\d{3})", log)]
        assert all(49160 <= port <= 49200 for port in ports), ports


# Who may be reached


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[TurnConf]:
    """A coturn with every range that is denied by default, two denied by the operator, and two exceptions.

    It allows loopback peers, so that what denies them is the list and not coturn's own rule.
    """
    conf = conf_in(tmp_path_factory.mktemp("coturn"), certificate, "127.0.0.1", "::1")
    environment = {
        "RELAY_SECRETS": conf.secret,
        "TURN_URLS": f"turn:localhost:{conf.port}",
        "RELAY_DENIED_PEERS": "9.9.9.9,2620:fe::fe-2620:fe::ff",
        "RELAY_ALLOWED_PEERS": "10.0.0.77,2001:db8::77",
    }
    with StartedCoturn(conf, environment) as coturn:

        def ready() -> bool:
            assert coturn.process.poll() is None, coturn.log.read_text(errors="replace")
            return all(is_bound(coturn.process.pid, "udp", host, conf.port) for host in conf.addresses)

        eventually(ready, 15, "coturn has started")
        yield conf


@contextlib.contextmanager
def client_of(conf: TurnConf, family: int) -> Iterator[Client]:
    with Client(Datagrams(Endpoint("127.0.0.1", conf.port), None), *conf.credential()) as client:
        client.allocate(family=family)
        yield client


def judged(conf: TurnConf, family: int, hosts: Sequence[str]) -> dict[str, int]:
    """What coturn answers to CreatePermission, 0 for success."""
    with client_of(conf, family) as client:
        return {host: client.permit(Endpoint(host, PORT)).error for host in hosts}


def test_coturn_denies_what_the_embedded_relay_denies(strict: TurnConf) -> None:
    hosts = [*DENIED_V4.values(), "9.9.9.9"]
    assert judged(strict, IPV4, hosts) == dict.fromkeys(hosts, 403)


def test_coturn_denies_it_by_ipv6_and_in_every_disguise(strict: TurnConf) -> None:
    # The native rule of coturn 4.6 for ::/96 is one address; its bytes are compared one by one.
    corners = ["::1:0", "::100:0", "::7f00:0", "::ffff:ffff", "::ff", "::100"]
    hosts = [*DENIED_V6.values(), *corners, "2620:fe::fe", "2620:fe::ff"]
    assert judged(strict, IPV6, hosts) == dict.fromkeys(hosts, 403)


def test_coturn_allows_the_neighbours_and_the_exceptions(strict: TurnConf) -> None:
    hosts = [*ALLOWED_V4, "9.9.9.8", "10.0.0.77"]
    assert judged(strict, IPV4, hosts) == dict.fromkeys(hosts, 0)
    hosts = [host for host in ALLOWED_V6 if host != "2620:fe::fe"] + ["2620:fe::fd", "2001:db8::77"]
    assert judged(strict, IPV6, hosts) == dict.fromkeys(hosts, 0)


def test_a_channel_leads_nowhere_else_than_a_permission(strict: TurnConf) -> None:
    with client_of(strict, IPV6) as client:
        disguises = ["::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1"]
        for number, host in enumerate(disguises):
            assert client.bind_channel(0x4000 + number, Endpoint(host, PORT)).error == 403, host
        assert client.bind_channel(0x4010, Endpoint("2001:4860:4860::8888", PORT)).succeeded


# What coturn is started with

Told = list[tuple[str, str]]
STAND_IN = r"""#!/bin/sh
sed -n 's/^\([a-z][^=]*\)=\(.*\)/\1\n\2\n/p' "$2"
printf '%s\n' "$@"
"""
"""A program in coturn's place. It prints each key and value of its file on lines of their own, then its options."""


def told(directory: pathlib.Path, launcher: Sequence[str] = (), **environment: str) -> Told:
    """What coturn is started with: each word of that, with the word after it."""
    stand_in = directory / "turnserver"
    stand_in.write_text(STAND_IN)
    stand_in.chmod(0o755)
    environment |= {
        "PATH": f"{directory}:{os.environ['PATH']}",
        "COTURN_CONF": str(ROOT / "turn-server/turnserver.conf"),
        "RELAY_SECRETS": environment.get("RELAY_SECRETS", "secret"),
        "TURN_URLS": "turn:localhost:3478",
    }
    started = subprocess.run([*launcher, *START], env=environment, capture_output=True, text=True, timeout=20)
    assert started.returncode == 0, started.stderr
    return list(itertools.pairwise(started.stdout.splitlines()))


def addresses(told: Told, key: str) -> set[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The single addresses that a key names."""
    return {ipaddress.ip_address(value) for name, value in told if name == key and "-" not in value}


OWN = {ipaddress.ip_address(address) for address in ("11.0.0.1", "11.0.0.2", "2a00:1::1")}


@pytest.fixture
def machine() -> Iterator[Namespace]:
    """A machine with public addresses of both families."""
    machine = Namespace(f"own-{os.getpid()}")
    try:
        for address in OWN:
            machine.ip("address", "add", str(address), "dev", "lo")
        yield machine
    finally:
        machine.delete()


@needs_namespaces()
@pytest.mark.parametrize("files", [["docker-compose.yml"], ["docker-compose.yml", "docker-compose.host.yml"]])
def test_coturn_sends_to_its_own_addresses_in_a_network_of_its_own_only(
    tmp_path: pathlib.Path, machine: Namespace, files: list[str]
) -> None:
    allowing: dict[str, str] = {}
    for file in files:
        coturn = yaml.load((ROOT / file).read_text(), Loader=ComposeLoader)["services"]["coturn"]
        if (value := coturn["environment"].get("COTURN_ALLOW_OWN")) is not None:
            allowing["COTURN_ALLOW_OWN"] = value
    given = told(tmp_path, machine.launcher, RELAY_EXTERNAL_IPS="198.51.100.10", **allowing)
    assert addresses(given, "denied-peer-ip") >= OWN
    assert addresses(given, "allowed-peer-ip") == (OWN if len(files) == 1 else set())
    assert ("--external-ip", "198.51.100.10") in given
    assert ("denied-peer-ip", "10.0.0.0-10.255.255.255") in given


@needs_namespaces()
def test_coturn_sends_to_its_own_addresses_only_when_told(tmp_path: pathlib.Path, machine: Namespace) -> None:
    given = told(tmp_path, machine.launcher, RELAY_EXTERNAL_IPS="198.51.100.10")
    assert addresses(given, "allowed-peer-ip") == set()
    given = told(tmp_path, machine.launcher, COTURN_ALLOW_OWN="1")
    assert addresses(given, "allowed-peer-ip") == set(), "there is no external address to see them behind"
    given = told(tmp_path, machine.launcher, RELAY_ALLOWED_PEERS="11.0.0.2")
    assert addresses(given, "allowed-peer-ip") == {ipaddress.ip_address("11.0.0.2")}


def test_coturn_is_given_the_secrets_as_the_server_reads_them(tmp_path: pathlib.Path) -> None:
    given = told(tmp_path, RELAY_SECRETS=r" a\tb\0c , &\\ ,second ")
    assert [value for name, value in given if name == "static-auth-secret"] == [r"a\tb\0c", r"&\\", "second"]


@pytest.mark.parametrize("missing", ["RELAY_SECRETS", "TURN_URLS"])
def test_coturn_does_not_start_without_what_it_must_share(conf: TurnConf, missing: str) -> None:
    given: dict[str, Any] = {"RELAY_SECRETS": "secret", "TURN_URLS": f"turn:localhost:{free_port()}"}
    given[missing] = ""
    with StartedCoturn(conf, given) as coturn:
        assert coturn.process.wait(20) == 64
        assert missing in coturn.log.read_text()


def test_coturn_does_not_start_with_peers_that_it_would_not_understand(conf: TurnConf) -> None:
    given = {"RELAY_SECRETS": "secret", "TURN_URLS": "turn:localhost:3478"}
    given["RELAY_DENIED_PEERS"] = "8.8.8.0/24"
    with StartedCoturn(conf, given) as coturn:
        assert coturn.process.wait(20) == 64
        assert "address/length" in coturn.log.read_text()
