"""What the container files rely on, as far as it can be seen without containers; `deploy/check-image` builds and runs them."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import subprocess
from collections.abc import Callable
from fnmatch import fnmatch

import pytest
import yaml

from support.switchboard import ROOT, Server
from support.waiting import eventually
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
    for name in (".env", "data/chat.db", ".git/config", ".build/debug/switchboard", "Tests/EndToEnd/support/rest.py"):
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
    shared = set(coturn["environment"]) - {"COTURN_ALLOW_OWN"}
    assert {"RELAY_SECRETS", "TURN_URLS", "RELAY_EXTERNAL_IPS"} <= shared
    assert {"RELAY_ALLOWED_PEERS", "RELAY_DENIED_PEERS"} <= shared
    for name in shared:
        assert server["environment"][name] == coturn["environment"][name], name


def test_every_image_is_named_by_its_digest() -> None:
    """A tag moves; what is behind a digest does not. Other images may be named instead, for one build or start."""
    named = re.findall(r"^ARG \w+_IMAGE=(.*)$", DOCKERFILE, re.M)
    named += re.findall(r"\$\{COTURN_IMAGE:-(.*)\}", COMPOSE["services"]["coturn"]["image"])
    assert len(named) == 3
    for image in named:
        assert re.fullmatch(r"[\w/]+:[\w.-]+@sha256:[0-9a-f]{64}", image), image
        assert image.split("@")[0] in (ROOT / "docs/deployment.md").read_text(), image


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
