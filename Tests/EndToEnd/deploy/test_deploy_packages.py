"""What a build fetches is what was tested: every package by its exact version, what these tests install by its hash."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess

import pytest

from support.switchboard import ROOT

TESTS = ROOT / "Tests/EndToEnd"


def resolved(*packages: tuple[str, str]) -> str:
    """A Package.resolved, laid out as SwiftPM does."""
    pins = [
        {
            "identity": name,
            "kind": "remoteSourceControl",
            "location": f"https://example.org/{name}.git",
            "state": {"revision": "0123456789abcdef", "version": version},
        }
        for name, version in packages
    ]
    written = json.dumps({"originHash": "0123", "pins": pins, "version": 3}, indent=2)
    return written.replace('": ', '" : ')


def manifest(*packages: tuple[str, str]) -> str:
    """What `swift package dump-package` says of one that names these."""
    dependencies = [
        {"sourceControl": [{"identity": name, "requirement": {"exact": [version]}}]}
        for name, version in packages
    ]
    return json.dumps({"dependencies": dependencies, "name": "switchboard"}, indent=2).replace('": ', '" : ')


def check(directory: pathlib.Path, named: str, fetched: str) -> subprocess.CompletedProcess[str]:
    """Runs scripts/check-packages with a program in Swift's place."""
    swift = directory / "swift"
    swift.write_text('#!/bin/sh\n[ "$2" = resolve ] || cat manifest.json\n')
    swift.chmod(0o755)
    (directory / "manifest.json").write_text(named)
    (directory / "Package.resolved").write_text(fetched)
    environment = {"PATH": os.environ["PATH"], "SWIFT": str(swift)}
    return subprocess.run(
        [str(ROOT / "scripts/check-packages")],
        cwd=directory, env=environment, capture_output=True, text=True, timeout=20,
    )  # fmt: skip


DIRECT, INDIRECT = ("swift-log", "1.16.2"), ("swift-system", "1.8.1")


def test_packages_that_are_all_named_pass(tmp_path: pathlib.Path) -> None:
    checked = check(tmp_path, manifest(DIRECT, INDIRECT), resolved(DIRECT, INDIRECT))
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("named", [[DIRECT], [DIRECT, ("swift-system", "1.8.0")], []])
def test_a_package_that_is_not_named_by_its_version_fails(
    tmp_path: pathlib.Path, named: list[tuple[str, str]]
) -> None:
    checked = check(tmp_path, manifest(*named), resolved(DIRECT, INDIRECT))
    assert checked.returncode == 1
    assert "swift-system 1.8.1\n" in checked.stderr and "Package.swift" in checked.stderr


@pytest.mark.parametrize("fetched", ["", "{}\n"])
def test_not_knowing_what_was_fetched_fails(tmp_path: pathlib.Path, fetched: str) -> None:
    assert check(tmp_path, manifest(DIRECT), fetched).returncode == 1


def requirements(name: str) -> list[str]:
    """The entries of a file of requirements, with what belongs to each on one line."""
    text = (TESTS / name).read_text().replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_what_these_tests_install_has_hashes_and_names_no_index() -> None:
    entries = requirements("requirements.txt")
    assert len(entries) > len(requirements("requirements.in"))
    for entry in entries:
        assert re.match(r"[\w.-]+==\S+ ( *;[^-]*)? *--hash=sha256:[0-9a-f]{64}", entry), entry
    assert "://" not in (TESTS / "requirements.txt").read_text()


def test_it_follows_what_is_asked_for() -> None:
    """Or `make requirements` was forgotten."""
    installed = {entry.split()[0].lower().replace("_", "-") for entry in requirements("requirements.txt")}
    wanted = {entry.lower().replace("_", "-") for entry in requirements("requirements.in")}
    assert wanted <= installed, wanted - installed
