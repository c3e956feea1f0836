"""What the container files rely on, as far as it can be seen without containers; `deploy/check-image` builds and runs them."""

from __future__ import annotations

import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatch
from typing import Any

import pytest
import yaml

from certificates import Certificate
from namespaces import program
from ports import free_port
from rest import Rest, new_device
from switchboard import ROOT, Server
from turnservers import TurnConf, write_conf
from turnutils import uclient
from waiting import eventually

class ComposeLoader(yaml.SafeLoader):
    """Reads Compose's tag !reset as what stands behind it."""


ComposeLoader.add_constructor("!reset", lambda loader, node: loader.construct_sequence(node))
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SETTINGS = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))


def sent(name: str) -> bool:
    """Whether a file of the checkout reaches the build, as .dockerignore has it."""
    kept = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#") and (fnmatch(name, pattern) or fnmatch(name, pattern + "/*")):
            kept = line.startswith("!")
    return kept


def test_what_the_image_is_built_from_is_sent_to_the_build() -> None:
    stage = DOCKERFILE.split("\nFROM ")[1]
    copied = [name for line in re.findall(r"^COPY ([^-].*) \S+$", stage, re.M) for name in line.split()]
    assert {"Package.swift", "Sources", "web", "Makefile"} <= set(copied)
    for name in [name for name in copied if name != "."]:
        path = ROOT / name
        assert path.exists(), name
        assert sent(name) or any(sent(f"{name}/{below.name}") for below in path.iterdir()), name
    # The package cannot even be read without the directories of its targets.
    package = (ROOT / "Package.swift").read_text()
    for target in re.findall(r'\.testTarget\(\s*name: "(\w+)"', package):
        assert sent(f"Tests/{target}"), target
    # Whatever `make install` puts in place is there as well.
    recipe = (ROOT / "deploy/install.mk").read_text()
    for name in re.findall(r"(?:deploy|docs|turn-server)/[\w.-]+", recipe):
        assert name == "docs/deployment.md" or sent(name), name


def test_neither_secrets_nor_databases_are_sent_to_the_build() -> None:
    for name in (".env", "data/chat.db", ".git/config", ".build/debug/switchboard", "Tests/EndToEnd/rest.py"):
        assert not sent(name), name


def test_compose_hands_on_settings_that_exist_and_publishes_the_ports_inside() -> None:
    service = COMPOSE["services"]["switchboard"]
    assert set(service["environment"]) <= SETTINGS, set(service["environment"]) - SETTINGS
    for published in service["ports"]:
        ports = re.sub(r"/(tcp|udp)$", "", published)
        half = len(ports) // 2
        assert (ports[:half], ports[half]) == (ports[half + 1 :], ":"), published
    assert "profiles" not in service
    assert COMPOSE["services"]["coturn"]["profiles"] == ["coturn"]


def test_compose_gives_both_servers_the_same_file_and_the_same_secret() -> None:
    server, coturn = COMPOSE["services"]["switchboard"], COMPOSE["services"]["coturn"]
    conf = "./turn-server/turnserver.conf:/etc/coturn/turnserver.conf:ro"
    assert conf in server["volumes"] and conf in coturn["volumes"]
    for name in ("RELAY_SECRETS", "TURN_URLS", "RELAY_MIN_PORT", "RELAY_MAX_PORT", "RELAY_EXTERNAL_IPS"):
        assert server["environment"][name] == coturn["environment"][name], name


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_docker_compose_takes_the_file() -> None:
    command = ["docker-compose", "--profile", "coturn", "config", "--quiet"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr


def health(server_port: int, **environment: str) -> int:
    command = ["bash", str(ROOT / "deploy/healthcheck")]
    environment |= {"PATH": os.environ["PATH"], "PORT": str(server_port)}
    return subprocess.run(command, env=environment, capture_output=True, timeout=20).returncode


def test_the_health_check_tells_a_ready_server_from_none(start_server: Callable[..., Server]) -> None:
    server = start_server()
    assert health(server.port) == 0
    assert health(server.port, HOST="0.0.0.0") == 0
    assert health(server.port, HOST="127.0.0.9") != 0, "nobody listens there"
    assert server.stop() == 0
    assert health(server.port) != 0


def test_the_health_check_fails_when_the_store_does(
    start_server: Callable[..., Server], tmp_path: pathlib.Path
) -> None:
    server = start_server()
    for file in tmp_path.glob("chat.db*"):
        file.unlink()
    (tmp_path / "chat.db").mkdir()
    eventually(lambda: health(server.port) != 0, 20, "the health check notices")


class StartedCoturn:
    """coturn as the profile starts it, with ports of the test's own in its configuration."""

    def __init__(self, conf: TurnConf, environment: Mapping[str, str]) -> None:
        clean = {"PATH": os.environ["PATH"], "COTURN_CONF": str(conf.path), "COTURN_PRIVATE_PEERS": "1"}
        self.log = conf.path.with_name("coturn-start.log")
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["sh", str(ROOT / "deploy/coturn-start")],
                env=clean | environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def __enter__(self) -> StartedCoturn:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def conf(tmp_path: pathlib.Path, certificate: Certificate) -> Iterator[TurnConf]:
    """The repository's turnserver.conf, but for addresses and ports; the secret is not in it."""
    made = write_conf(tmp_path, certificate, addresses=("127.0.0.1",))
    text = (ROOT / "turn-server/turnserver.conf").read_text()
    text = text.replace("listening-port=3478", f"listening-port={made.port}")
    text = text.replace("tls-listening-port=5349", f"tls-listening-port={made.tls_port}")
    loopback = "listening-ip=127.0.0.1\nrelay-ip=127.0.0.1\nallow-loopback-peers\n"
    made.path.write_text(text + loopback)
    yield made


def test_credentials_of_the_server_are_good_at_the_coturn_beside_it(
    start_server: Callable[..., Server], conf: TurnConf
) -> None:
    shared = {
        "RELAY_SECRETS": f"{conf.secret},the-one-before",
        "TURN_URLS": f"turn:127.0.0.1:{conf.port}?transport=udp",
        "RELAY_MIN_PORT": "49160",
        "RELAY_MAX_PORT": "49200",
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


def arguments_of_coturn(directory: pathlib.Path, **environment: str) -> list[tuple[str, str]]:
    """What coturn is started with, by a program in its place: options, each with the word after it."""
    stand_in = directory / "turnserver"
    stand_in.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    stand_in.chmod(0o755)
    environment |= {
        "PATH": f"{directory}:{os.environ['PATH']}",
        "COTURN_CONF": str(ROOT / "turn-server/turnserver.conf"),
        "RELAY_SECRETS": "secret",
        "TURN_URLS": "turn:localhost:3478",
    }
    command = ["sh", str(ROOT / "deploy/coturn-start")]
    started = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20)
    assert started.returncode == 0, started.stderr
    return list(itertools.pairwise(started.stdout.splitlines()))


def own_addresses() -> set[str]:
    """Those of this machine that are not loopback's, IPv4."""
    command = [program("ip"), "-json", "-4", "address"]
    said = subprocess.run(command, capture_output=True, check=True, timeout=20)
    addresses = {each["local"] for device in json.loads(said.stdout) for each in device.get("addr_info", [])}
    return {address for address in addresses if not address.startswith("127.")}


@pytest.mark.parametrize("files", [["docker-compose.yml"], ["docker-compose.yml", "docker-compose.host.yml"]])
def test_coturn_sends_to_its_own_addresses_in_a_network_of_its_own_only(
    tmp_path: pathlib.Path, files: list[str]
) -> None:
    allowing: dict[str, str] = {}
    for file in files:
        coturn = yaml.load((ROOT / file).read_text(), Loader=ComposeLoader)["services"]["coturn"]
        allowing |= {name: value for name, value in coturn["environment"].items() if name == "COTURN_ALLOW_OWN"}
    given = arguments_of_coturn(tmp_path, RELAY_EXTERNAL_IPS="198.51.100.10", **allowing)
    allowed = {value for option, value in given if option == "--allowed-peer-ip"}
    assert allowed == (own_addresses() if len(files) == 1 else set())
    assert ("--external-ip", "198.51.100.10") in given
    assert ("--denied-peer-ip", "10.0.0.0-10.255.255.255") in given


def test_coturn_sends_to_its_own_addresses_only_when_told(tmp_path: pathlib.Path) -> None:
    given = arguments_of_coturn(tmp_path, RELAY_EXTERNAL_IPS="198.51.100.10")
    assert "--allowed-peer-ip" not in dict(given)
    given = arguments_of_coturn(tmp_path, COTURN_ALLOW_OWN="1")
    assert "--allowed-peer-ip" not in dict(given), "there is no external address to see them behind"


@pytest.mark.parametrize("missing", ["RELAY_SECRETS", "TURN_URLS"])
def test_coturn_does_not_start_without_what_it_must_share(conf: TurnConf, missing: str) -> None:
    given: dict[str, Any] = {"RELAY_SECRETS": "secret", "TURN_URLS": f"turn:localhost:{free_port()}"}
    given[missing] = ""
    with StartedCoturn(conf, given) as coturn:
        assert coturn.process.wait(20) == 64
        assert missing in coturn.log.read_text()
