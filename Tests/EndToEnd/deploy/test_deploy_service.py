"""What `make install` puts where, and that systemd takes the unit for a valid and a well locked one."""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import stat
import subprocess

import pytest

from support.switchboard import ROOT, binary

UNIT = ROOT / "deploy/switchboard.service"
SYSTEMD_ANALYZE = shutil.which("systemd-analyze")


def run(*command: str, **environment: str) -> str:
    finished = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=60
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout + finished.stderr


def make(target: str, directory: pathlib.Path, **variables: str) -> str:
    """Installs without building: a small program in the place of ours, unless told otherwise."""
    settings = {"DESTDIR": str(directory), "BINARY": shutil.which("true") or "/bin/true"} | variables
    # A build around this test hands its own variables down.
    clean = {"MAKEFLAGS": "", "MFLAGS": "", "MAKELEVEL": ""}
    return run("make", target, *(f"{name}={value}" for name, value in settings.items()), **clean)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    root = tmp_path_factory.mktemp("root")
    make("install", root, BINARY=str(binary()))
    return root


def test_the_installed_program_runs(installed: pathlib.Path) -> None:
    program = installed / "usr/local/bin/switchboard"
    assert re.match(r"\d+\.\d+\.\d+", run(str(program), "--version"))
    assert stat.S_IMODE(program.stat().st_mode) == 0o755


def test_settings_are_for_root_alone_and_kept(tmp_path: pathlib.Path) -> None:
    make("install", tmp_path)
    settings = tmp_path / "etc/switchboard/switchboard.env"
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    settings.write_text("PORT=9000\n")
    make("install", tmp_path)
    assert settings.read_text() == "PORT=9000\n"


def test_uninstalling_leaves_settings_and_nothing_else(tmp_path: pathlib.Path) -> None:
    make("install", tmp_path, PREFIX="/usr")
    make("uninstall", tmp_path, PREFIX="/usr")
    left = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if not path.is_dir()]
    assert left == [pathlib.Path("etc/switchboard/switchboard.env")]


def test_the_unit_follows_the_prefix(tmp_path: pathlib.Path) -> None:
    make("install", tmp_path, PREFIX="/opt/switchboard")
    unit = (tmp_path / "opt/switchboard/lib/systemd/system/switchboard.service").read_text()
    assert "ExecStart=/opt/switchboard/bin/switchboard serve" in unit
    assert "EnvironmentFile=-/opt/switchboard/etc/switchboard/switchboard.env" in unit
    assert "/usr/local" not in unit


def test_the_example_of_settings_names_settings(installed: pathlib.Path) -> None:
    known = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
    named = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / "deploy/switchboard.env").read_text(), re.M))
    assert named <= known, named - known
    unit = set(re.findall(r"^Environment=(.*)$", UNIT.read_text(), re.M))
    assert {word.split("=")[0] for line in unit for word in line.split()} <= known


@pytest.mark.skipif(SYSTEMD_ANALYZE is None, reason="no systemd here")
def test_systemd_finds_nothing_wrong_with_the_unit(installed: pathlib.Path, tmp_path: pathlib.Path) -> None:
    unit = installed / "usr/local/lib/systemd/system/switchboard.service"
    copy = tmp_path / unit.name
    program = installed / "usr/local/bin/switchboard"
    # It looks for the program and the document, which are not where they will be.
    text = unit.read_text().replace("/usr/local/bin/switchboard", str(program))
    copy.write_text(text.replace("file:/usr/local", f"file:{installed}/usr/local"))
    said = run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(copy))
    assert str(copy.name) not in said, said


@pytest.mark.skipif(SYSTEMD_ANALYZE is None, reason="no systemd here")
def test_the_unit_is_locked_as_well_as_the_documents_say() -> None:
    said = run("systemd-analyze", "security", "--no-pager", "--offline=true", str(UNIT))
    score = re.search(r"Overall exposure level for switchboard.service: ([\d.]+)", said)
    assert score, said
    documented = re.search(r"exposure level ([\d.]+)", (ROOT / "docs/deployment.md").read_text())
    assert documented and float(score[1]) <= float(documented[1]), said
