"""`switchboard doctor`: what it finds on a machine that is as it should be, and on one that is not."""

from __future__ import annotations

import json
import os
import pathlib
import socket
import subprocess
from collections.abc import Callable

import pytest

from support.certificates import Certificate, make_certificate
from support.commands import Result, sqlite, switchboard
from support.ports import free_port
from support.relay import SECRETS, Relay
from support.switchboard import Server, binary

Findings = list[dict[str, str]]
LEVELS = ("ok", "notice", "warning", "error")


def settings(directory: pathlib.Path, **others: object) -> dict[str, object]:
    """A server on loopback with a relay, on ports that are free now."""
    mine = {
        "HOST": "127.0.0.1",
        "PORT": free_port(),
        "USE_SQLITE": 1,
        "SQLITE_DB_PATH": directory / "chat.db",
        "USE_RELAY": 1,
        "RELAY_PORT": free_port(),
        "RELAY_IPS": "127.0.0.1",
        "RELAY_LISTEN_IPS": "127.0.0.1",
        "RELAY_SECRETS": "a-long-shared-secret-of-the-tests",
    }
    return mine | others


def doctor(directory: pathlib.Path, *flags: str, **given: object) -> tuple[Result, Findings]:
    """Runs it with --json; what it prints is one object, and nothing else."""
    result = switchboard(directory, "doctor", "--json", *flags, **given)
    assert result.code in (0, 1), result
    assert result.stdout.count("\n") == 1 and result.stderr == "", result
    report = json.loads(result.stdout)
    findings: Findings = report["findings"]
    for level in LEVELS:
        count = report[level if level == "ok" else level + "s"]
        assert count == sum(finding["level"] == level for finding in findings)
    assert all(finding.get("advice") for finding in findings if finding["level"] in ("warning", "error"))
    return result, findings


def of(findings: Findings, id: str) -> Findings:
    return [finding for finding in findings if finding["id"] == id]


def level(findings: Findings, id: str) -> str:
    """The worst level of the findings with this id; empty if there are none."""
    return max((finding["level"] for finding in of(findings, id)), key=LEVELS.index, default="")


def test_a_machine_that_is_as_it_should_be_has_no_errors(tmp_path: pathlib.Path) -> None:
    result, findings = doctor(tmp_path, **settings(tmp_path))
    assert result.code == 0 and not [finding for finding in findings if finding["level"] == "error"], findings
    for id in ("database.file", "server.running", "ports.free", "turn.works", "clock.synchronised"):
        assert of(findings, id), (id, findings)
    assert {finding["level"] for finding in of(findings, "turn.works")} == {"ok"}
    assert len(of(findings, "turn.works")) == 2
    assert not (tmp_path / "chat.db").exists(), "it changes nothing"


def test_it_prints_lines_for_people_that_fit(tmp_path: pathlib.Path) -> None:
    result = switchboard(tmp_path, "doctor", **settings(tmp_path, RELAY_SECRETS="tiny"))
    assert result.code == 0 and result.stderr == "", result
    lines = result.stdout.splitlines()
    assert any(line.startswith("! Secrets ") for line in lines), result.stdout
    assert any(line.strip().startswith("→ ") for line in lines)
    assert "warning" in lines[-1] and "\x1b" not in result.stdout
    assert max(len(line.replace(str(tmp_path), "/srv")) for line in lines) <= 100
    assert "tiny" not in result.stdout


def test_a_running_server_is_found_and_asked(
    tmp_path: pathlib.Path, start_server: Callable[..., Server]
) -> None:
    given = settings(tmp_path)
    start_server(tmp_path, **given)
    result, findings = doctor(tmp_path, **given)
    assert result.code == 0, findings
    assert "runs and is ready" in of(findings, "server.running")[0]["summary"]
    assert level(findings, "ports.free") == "ok" and "running switchboard has" in str(of(findings, "ports.free"))
    assert [finding["subject"] for finding in of(findings, "turn.works")] == [
        f"RELAY_PORT {given['RELAY_PORT']}/udp",
        f"RELAY_PORT {given['RELAY_PORT']}/tcp",
        f"PORT {given['PORT']}/tcp",
    ]
    assert "is sound" in of(findings, "database.integrity")[0]["summary"]
    # With another secret than the server's, the server does not let it in.
    result, findings = doctor(tmp_path, **given | {"RELAY_SECRETS": "another-long-secret-of-the-tests"})
    assert result.code == 1 and level(findings, "turn.works") == "error"
    # Without any, the server's own word has to do.
    result, findings = doctor(tmp_path, **{name: value for name, value in given.items() if name != "RELAY_SECRETS"})
    assert result.code == 0 and "passed its own test" in of(findings, "turn.works")[0]["summary"]


def test_a_port_of_somebody_else_is_an_error_and_named(tmp_path: pathlib.Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        result, findings = doctor(tmp_path, **settings(tmp_path, PORT=other.getsockname()[1]))
        assert result.code == 1 and level(findings, "ports.free") == "error"
        (finding,) = (finding for finding in of(findings, "ports.free") if finding["level"] == "error")
        assert finding["subject"] == "PORT" and f"process {os.getpid()}" in finding["summary"]


def test_a_port_that_somebody_has_over_ipv4_alone_is_not_free_for_both_families(tmp_path: pathlib.Path) -> None:
    with socket.create_server(("0.0.0.0", 0)) as other:
        given = settings(tmp_path, HOST="::", PORT=other.getsockname()[1])
        result, findings = doctor(tmp_path, **given)
        assert result.code == 1, findings
        (finding,) = (finding for finding in of(findings, "ports.free") if finding["level"] == "error")
        assert finding["subject"] == "PORT" and f"process {os.getpid()}" in finding["summary"]
        assert switchboard(tmp_path, **given).code == 1, "the server finds it taken too"
    assert level(doctor(tmp_path, **given)[1], "ports.free") == "ok"


def test_one_port_on_two_addresses_is_no_clash(
    tmp_path: pathlib.Path, start_server: Callable[..., Server]
) -> None:
    given = settings(tmp_path, RELAY_LISTEN_IPS="127.0.0.2")
    given["RELAY_PORT"] = given["PORT"]
    result, findings = doctor(tmp_path, **given)
    assert result.code == 0 and level(findings, "ports.free") == "ok", findings
    start_server(tmp_path, **given)
    result, findings = doctor(tmp_path, **given)
    assert result.code == 0 and level(findings, "ports.free") == "ok", findings


def test_a_stranger_with_the_port_of_the_running_server_on_another_address_is_told_from_it(
    tmp_path: pathlib.Path, start_server: Callable[..., Server]
) -> None:
    given = settings(tmp_path, RELAY_LISTEN_IPS="127.0.0.2")
    start_server(tmp_path, **given)
    with socket.create_server(("127.0.0.2", int(str(given["PORT"])))):
        result, findings = doctor(tmp_path, **given | {"RELAY_PORT": given["PORT"]})
    (finding,) = (finding for finding in of(findings, "ports.free") if finding["level"] == "error")
    assert finding["subject"] == "RELAY_PORT" and f"process {os.getpid()}" in finding["summary"]
    assert "running switchboard has PORT" in str(of(findings, "ports.free"))


def test_a_silent_listener_in_the_place_of_a_server_takes_a_bounded_time(tmp_path: pathlib.Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        result, findings = doctor(tmp_path, **settings(tmp_path, PORT=silent.getsockname()[1]))
        assert level(findings, "ports.free") == "error" and result.code == 1


def test_all_that_is_wrong_with_a_configuration_is_found(tmp_path: pathlib.Path) -> None:
    result, findings = doctor(tmp_path, PORT="99999", LOG_LEVEL="loud", RELAY_SECRETS="s3cret-of-mine", RELAY_MIN_PORT=1)
    assert result.code == 1 and len(of(findings, "configuration.values")) == 3
    assert "s3cret-of-mine" not in result.stdout
    (tmp_path / ".env").write_text("PROT=1\n")
    result, findings = doctor(tmp_path)
    assert result.code == 1 and "did you mean PORT" in of(findings, "configuration.values")[0]["summary"]
    (tmp_path / ".env").write_text("PORT=1\n")
    assert level(doctor(tmp_path, **settings(tmp_path))[1], "configuration.shadowed") == "notice"


@pytest.mark.parametrize("arguments", [("--prot", "1"), ("now",), ("--port",), ("--json=maybe",)])
def test_wrong_usage_is_exit_code_2(tmp_path: pathlib.Path, arguments: tuple[str, ...]) -> None:
    result = switchboard(tmp_path, "doctor", *arguments)
    assert result.code == 2 and result.stdout == "" and result.stderr, result


def test_warnings_fail_only_if_asked_for(tmp_path: pathlib.Path) -> None:
    given = settings(tmp_path, RELAY_SECRETS="tiny")
    assert doctor(tmp_path, **given)[0].code == 0
    assert doctor(tmp_path, "--strict", **given)[0].code == 1


def test_files_with_secrets_are_looked_after(tmp_path: pathlib.Path) -> None:
    dot_env = tmp_path / ".env"
    dot_env.write_text("RELAY_SECRETS=a-long-shared-secret-of-the-tests\n")
    dot_env.chmod(0o644)
    given = settings(tmp_path)
    del given["RELAY_SECRETS"]
    assert level(doctor(tmp_path, **given)[1], "secrets.readable") == "warning"
    dot_env.chmod(0o600)
    assert not of(doctor(tmp_path, **given)[1], "secrets.readable")


def test_a_damaged_database_and_an_old_one(tmp_path: pathlib.Path) -> None:
    given = settings(tmp_path)
    database = tmp_path / "chat.db"
    sqlite(database, "CREATE TABLE rooms (roomid TEXT NOT NULL PRIMARY KEY, client1 TEXT, client2 TEXT);")
    result, findings = doctor(tmp_path, **given)
    assert result.code == 0 and level(findings, "database.schema") == "notice"
    database.write_bytes(b"this is no database at all" * 400)
    result, findings = doctor(tmp_path, **given)
    assert result.code == 1 and "database" in str([f for f in findings if f["level"] == "error"])


def test_a_certificate_is_looked_at(tmp_path: pathlib.Path, certificate: Certificate) -> None:
    given = settings(
        tmp_path, RELAY_CERT=certificate.cert, RELAY_KEY=certificate.key, RELAY_TLS_PORT=free_port(), ICE_HOST="localhost"
    )
    result, findings = doctor(tmp_path, **given)
    assert level(findings, "certificate.files") == "ok" and level(findings, "certificate.name") == "ok"
    assert level(findings, "certificate.chain") == "warning"
    # It is made for a day: whoever made it so is not told to renew it as soon as it exists.
    assert level(findings, "certificate.expiry") == "ok"
    trusted = given | {"SSL_CERT_FILE": certificate.authority}
    assert level(doctor(tmp_path, **trusted)[1], "certificate.chain") == "ok"
    result, findings = doctor(tmp_path, **given | {"ICE_HOST": "127.0.0.2"})
    assert result.code == 1 and level(findings, "certificate.name") == "error"
    other = tmp_path / "other"
    other.mkdir()
    result, findings = doctor(tmp_path, **given | {"RELAY_KEY": make_certificate(other).key})
    assert result.code == 1 and "does not belong" in of(findings, "certificate.files")[0]["summary"]
    result, findings = doctor(tmp_path, **given | {"RELAY_CERT": tmp_path / "none.pem"})
    assert result.code == 1 and "not there" in of(findings, "certificate.files")[0]["advice"]


def test_a_running_server_shows_the_certificate_of_the_file(
    tmp_path: pathlib.Path, start_relay: Callable[..., Relay]
) -> None:
    relay = start_relay(tmp_path, HOST="127.0.0.1", PORT=free_port())
    given = {name: value for name, value in relay.settings.items()}
    assert SECRETS[0] in given["RELAY_SECRETS"]
    result, findings = doctor(tmp_path, **given)
    assert level(findings, "certificate.served") == "ok", findings
    assert SECRETS[0] not in result.stdout and SECRETS[1] not in result.stdout


def test_a_limit_of_open_files_is_compared_with_all_settings(tmp_path: pathlib.Path) -> None:
    environment = {name: str(value) for name, value in settings(tmp_path).items()} | {"PATH": os.environ["PATH"]}
    finished = subprocess.run(
        ["sh", "-c", f"ulimit -n 512; exec {binary()} doctor --json"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    findings = json.loads(finished.stdout)["findings"]
    assert level(findings, "files.limit") == "warning" and "512" in of(findings, "files.limit")[0]["summary"]
    roomy, findings = doctor(tmp_path, **settings(tmp_path, MAX_CONNECTIONS=10, USE_RELAY=0))
    assert roomy.code == 0 and level(findings, "files.limit") == "ok"


def test_help_says_what_the_exit_codes_mean(tmp_path: pathlib.Path) -> None:
    shown = switchboard(tmp_path, "help", "doctor")
    assert shown.code == 0 and "Exit codes" in shown.stdout
    assert "doctor" in switchboard(tmp_path, "--help").stdout


def test_https_and_the_proxy_protocol_are_asked_as_their_clients_would(
    tmp_path: pathlib.Path, certificate: Certificate, start_server: Callable[..., Server]
) -> None:
    given = settings(
        tmp_path,
        TLS_CERT=certificate.cert,
        TLS_KEY=certificate.key,
        TLS_PORT=free_port(),
        PROXY_PROTOCOL_FROM="127.0.0.1",
        ICE_HOST="localhost",
    )
    start_server(tmp_path, **given)
    result, findings = doctor(tmp_path, **given)
    assert result.code == 0, findings
    assert "runs and is ready" in of(findings, "server.running")[0]["summary"]
    (served,) = of(findings, "certificate.served")
    assert served["subject"] == "TLS_CERT" and served["level"] == "ok"
    assert {finding["level"] for finding in of(findings, "turn.works")} == {"ok"}
    assert f"PORT {given['PORT']}/tcp" in [finding["subject"] for finding in of(findings, "turn.works")]
    # Files that are replaced by a pair that does not match are not what the server goes on to show.
    other = tmp_path / "other"
    other.mkdir()
    stranger = make_certificate(other)
    result, findings = doctor(tmp_path, **given | {"TLS_CERT": stranger.cert, "TLS_KEY": stranger.key})
    assert level(findings, "certificate.served") == "warning"
