"""The executable in the hands of an operator: usage, settings, and what it says when they are wrong."""

from __future__ import annotations

import pathlib
import re
import socket
from collections.abc import Callable

import pytest

from support.commands import switchboard
from support.rest import Rest
from support.switchboard import Server

SETTINGS = """
PORT HOST USE_SQLITE SQLITE_DB_PATH ALLOWED_ORIGINS ROOM_POLICY FORWARDED_TYPES TRUSTED_PROXIES ADMIN_TOKEN
EVENT_LOOPS LOG_LEVEL LOG_FORMAT MAX_MESSAGE_BYTES MAX_SDP_BYTES MAX_CANDIDATE_BYTES MESSAGE_RATE
MESSAGE_BURST JOINS_PER_MINUTE MAX_CONNECTIONS MAX_CONNECTIONS_PER_ADDRESS CONNECTIONS_PER_MINUTE
MAX_OUTBOX_BYTES WRITE_TIMEOUT PING_INTERVAL PING_TIMEOUT PROBE_TIMEOUT PROBE_INTERVAL HANDSHAKE_TIMEOUT
HTTP_REQUEST_TIMEOUT HTTP_IDLE_TIMEOUT MAX_HEADER_BYTES MAX_BODY_BYTES MAX_PURGE_BODY_BYTES ACCEPT_FAILURES
ACCEPT_FAILURE_WINDOW ACCEPT_LOCKOUT ACCEPT_LOCKOUT_MAX GLOBAL_ACCEPT_FAILURES_PER_MINUTE CREATES_PER_MINUTE
CHECKS_PER_MINUTE SWEEP_INTERVAL DRAIN_SPREAD SHUTDOWN_TIMEOUT MAX_BUFFERED_BYTES
""".split()


def flag(setting: str) -> str:
    return "--" + setting.lower().replace("_", "-")


# Usage


def test_help_names_the_commands(tmp_path: pathlib.Path) -> None:
    result = switchboard(tmp_path, "--help")
    assert (result.code, result.stderr) == (0, "")
    assert re.search(r"^\s+serve\b", result.stdout, re.M) and re.search(r"^\s+db\b", result.stdout, re.M)
    commands = switchboard(tmp_path, "db", "--help")
    assert commands.code == 0 and "init" in commands.stdout and "check" in commands.stdout


def test_help_of_serve_teaches_every_setting(tmp_path: pathlib.Path) -> None:
    result = switchboard(tmp_path, "serve", "--help")
    assert result.code == 0
    offered = set(re.findall(r"--[a-z0-9-]+", result.stdout))
    assert {flag(setting) for setting in SETTINGS} <= offered


def test_version_is_one_line(tmp_path: pathlib.Path) -> None:
    result = switchboard(tmp_path, "--version")
    assert result.code == 0 and re.fullmatch(r"\S*\s?\d+\.\d+\.\d+\S*\n", result.stdout)


@pytest.mark.parametrize(
    "arguments",
    ["--no-such-flag", "serve --no-such-flag", "serve --port", "serve extra", "dance", "db dance"],
)
def test_wrong_usage_is_exit_code_2(tmp_path: pathlib.Path, arguments: str) -> None:
    result = switchboard(tmp_path, *arguments.split())
    assert (result.code, result.stdout) == (2, "")
    assert arguments.split()[-1] in result.stderr


# Settings


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("PORT", "eighty"), ("PORT", "65536"), ("PORT", "-1"), ("HOST", "no host"),
        ("USE_SQLITE", "perhaps"), ("ALLOWED_ORIGINS", "not an origin"), ("ROOM_POLICY", "closed"),
        ("TRUSTED_PROXIES", "localhost"), ("TRUSTED_PROXIES", "10.0.0.0/33"), ("EVENT_LOOPS", "-1"),
        ("LOG_LEVEL", "loud"), ("LOG_FORMAT", "xml"), ("MAX_MESSAGE_BYTES", "0"), ("MESSAGE_RATE", "many"),
        ("PING_INTERVAL", "-1"), ("PING_TIMEOUT", "nan"), ("DRAIN_SPREAD", "inf"), ("MAX_BODY_BYTES", "1e99"),
        ("ACCEPT_FAILURES", "0x10"), ("SHUTDOWN_TIMEOUT", "soon"),
    ],
)  # fmt: skip
def test_an_invalid_setting_stops_the_start_with_one_line(
    tmp_path: pathlib.Path, setting: str, value: str
) -> None:
    result = switchboard(tmp_path, "serve", **{setting: value})
    assert (result.code, result.stdout) == (2, "")
    assert len(result.stderr.splitlines()) == 1
    assert all(part in result.stderr for part in (setting, value, "allowed"))


def test_an_invalid_flag_is_reported_like_its_setting(tmp_path: pathlib.Path) -> None:
    result = switchboard(tmp_path, "serve", "--port", "eighty")
    assert (result.code, len(result.stderr.splitlines())) == (2, 1)
    assert "eighty" in result.stderr and "port" in result.stderr.lower()


def test_a_flag_beats_the_environment_and_that_beats_the_env_file(
    start_server: Callable[..., Server], tmp_path: pathlib.Path
) -> None:
    (tmp_path / ".env").write_text("# settings here\nADMIN_TOKEN='from-the-file'\nLOG_FORMAT=text\n\n")
    assert status_of_rooms(start_server(), "from-the-file") == 200
    overridden = start_server(ADMIN_TOKEN="from-environment")
    assert status_of_rooms(overridden, "from-the-file") == 401
    assert status_of_rooms(overridden, "from-environment") == 200
    result = switchboard(tmp_path, "serve", "--port", "eighty", PORT="ninety")
    assert "eighty" in result.stderr and "ninety" not in result.stderr
    (tmp_path / ".env").write_text("PORT=hundred\n")
    result = switchboard(tmp_path, "serve")
    assert result.code == 2 and "hundred" in result.stderr
    assert "ninety" in switchboard(tmp_path, "serve", PORT="ninety").stderr


def status_of_rooms(server: Server, token: str) -> int:
    return Rest(server).call("GET", "/rooms", headers={"Authorization": f"Bearer {token}"}).status


def test_a_secret_is_not_repeated_when_something_else_is_wrong(tmp_path: pathlib.Path) -> None:
    result = switchboard(tmp_path, "serve", ADMIN_TOKEN="hush hush\x01", PORT="eighty")
    assert result.code == 2 and "hush" not in result.stderr + result.stdout


# What is in the way


def test_a_port_in_use_is_a_clear_failure(tmp_path: pathlib.Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = switchboard(tmp_path, "serve", HOST="127.0.0.1", PORT=port, USE_RELAY=0)
    assert result.code == 1
    assert any(str(port) in line and "in use" in line for line in result.stderr.splitlines()), result


@pytest.mark.parametrize("value", ["1", "true", "yes", "on", "TRUE"])
def test_pairing_is_switched_on_in_every_usual_way(start_server: Callable[..., Server], value: str) -> None:
    assert Rest(start_server(USE_SQLITE=value)).room("0" * 48).error == "not_found"
