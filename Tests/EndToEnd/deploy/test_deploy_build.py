"""`make install` and `make dist` take nothing that is older than its sources, above all under sudo, where nothing is built.

A program in Swift's place "builds" in a checkout that has nothing but what is installed.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import time

import pytest

from support.switchboard import ROOT

SWIFT = f"""#!/bin/sh
program={shutil.which("false")}
# What it makes tells by its exit code how it was linked. A file `failing` has it fail.
scratch=.build
[ "$1" = build ] && [ "$4" = --show-bin-path ] && {{ echo .build/release; exit 0; }}
while [ $# -gt 0 ]; do
    case $1 in
    --scratch-path) scratch=$2 ;;
    -static-executable) program={shutil.which("true")} ;;
    esac
    shift
done
[ ! -e failing ] || exit 1
mkdir -p "$scratch/release"
cp "$program" "$scratch/release/switchboard"
"""
STATIC, DYNAMIC = 0, 1
"""What the programs built above exit with."""


class Checkout:
    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        for name in ("deploy", "docs", "scripts", "turn-server", "web/check"):
            shutil.copytree(ROOT / name, root / name)
        for name in ("Makefile", "Package.swift", "README.md", "CHANGELOG.md", "LICENSE", ".env.example"):
            shutil.copy2(ROOT / name, root)
        (root / "Sources/Switchboard").mkdir(parents=True)
        shutil.copy2(ROOT / "Sources/Switchboard/Version.swift", root / "Sources/Switchboard")
        self.swift = root.with_name("swift")
        self.swift.write_text(SWIFT)
        self.swift.chmod(0o755)
        # All of it was there before anything is built, also for clocks that tick slowly.
        for path in [root, *root.rglob("*")]:
            os.utime(path, (time.time() - 60,) * 2)

    def make(self, *arguments: str, sudo: bool = False) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"]} | ({"SUDO_UID": "1000"} if sudo else {})
        command = ["make", f"SWIFT={self.swift}", f"DESTDIR={self.root}/installed", *arguments]
        return subprocess.run(
            command, cwd=self.root, env=environment, capture_output=True, text=True, timeout=60
        )

    def must(self, *arguments: str, sudo: bool = False) -> None:
        made = self.make(*arguments, sudo=sudo)
        assert made.returncode == 0, made.stdout + made.stderr

    def refuses(self, *arguments: str) -> str:
        """Makes it under sudo, in vain, and tells why."""
        made = self.make(*arguments, sudo=True)
        assert made.returncode != 0, made.stdout
        return made.stderr

    def touch(self, name: str) -> None:
        """Has this changed just now."""
        os.utime(self.root / name, (time.time(),) * 2)

    @property
    def installed(self) -> int | None:
        """How the installed program was linked."""
        program = self.root / "installed/usr/local/bin/switchboard"
        return subprocess.run([str(program)], check=False).returncode if program.exists() else None

    @property
    def packed(self) -> bool:
        return bool(list((self.root / ".build").glob("dist/*.tar.gz")))


@pytest.fixture
def checkout(tmp_path: pathlib.Path) -> Checkout:
    return Checkout(tmp_path / "checkout")


def test_what_was_built_is_installed_and_packed_under_sudo(checkout: Checkout) -> None:
    checkout.must("static")
    checkout.swift.unlink()
    checkout.must("install", "dist", sudo=True)
    assert checkout.installed == STATIC and checkout.packed


@pytest.mark.parametrize(
    "changed", ["Package.swift", "Sources/Switchboard/Version.swift", "web/check/check.js"]
)
def test_nothing_is_installed_or_packed_that_is_older_than_its_sources(
    checkout: Checkout, changed: str
) -> None:
    checkout.must("static")
    checkout.touch(changed)
    for target in ("install", "dist"):
        assert "sources are newer: without sudo, run make static first" in checkout.refuses(target)
    assert checkout.installed is None and not checkout.packed


def test_nor_when_a_source_has_gone(checkout: Checkout) -> None:
    checkout.must("static")
    (checkout.root / "web/check/check.js").unlink()
    assert "sources are newer" in checkout.refuses("install")


def test_nor_when_the_last_build_failed(checkout: Checkout) -> None:
    checkout.must("static")
    checkout.touch("Package.swift")
    (checkout.root / "failing").touch()
    assert checkout.make("static").returncode != 0
    assert "sources are newer" in checkout.refuses("install")


def test_a_change_of_anything_else_needs_no_build(checkout: Checkout) -> None:
    checkout.must("static")
    for name in ("README.md", "docs/deployment.md", "deploy/switchboard.service"):
        checkout.touch(name)
    checkout.must("install", sudo=True)
    assert checkout.installed == STATIC


def test_each_kind_of_build_is_installed_for_itself(checkout: Checkout) -> None:
    checkout.must("static")
    assert "run make static STATIC= first" in checkout.refuses("install", "STATIC=")
    assert checkout.installed is None
    checkout.must("static", "STATIC=")
    checkout.must("install", "STATIC=", sudo=True)
    assert checkout.installed == DYNAMIC
    checkout.must("install", sudo=True)
    assert checkout.installed == STATIC


def test_nothing_is_built_under_sudo_unless_asked_for(checkout: Checkout) -> None:
    assert "run make static first" in checkout.refuses("install")
    assert not (checkout.root / ".build").exists()
    checkout.must("static", sudo=True)
    checkout.must("install", sudo=True)
    assert checkout.installed == STATIC


def test_without_sudo_installing_builds_before_it_copies(checkout: Checkout) -> None:
    checkout.must("-j8", "install")
    assert checkout.installed == STATIC


def test_running_says_at_once_that_the_first_build_takes_minutes(checkout: Checkout) -> None:
    expected = "first release build takes some minutes"
    first = checkout.make("run").stdout.splitlines()
    assert expected in first[0], first
    assert expected not in checkout.make("run").stdout
