"""docs/deployment.md names what exists, and its commands and files can be read by those who are to read them."""

from __future__ import annotations

import pathlib
import re
import subprocess

import pytest

from support.namespaces import needs_namespaces, program
from support.relay import Relay
from support.switchboard import ROOT

DOCUMENT = ROOT / "docs/deployment.md"
TEXT = DOCUMENT.read_text()
BLOCKS = re.findall(r"^ *```(\w*)\n(.*?)^ *```", TEXT, re.M | re.S)
OTHERS = {
    "AAAA", "COMPOSE_PROFILES", "HTTPS", "SWIFT_IMAGE", "SWITCHBOARD_GROUP", "TLS_DIRECTORY", "TLS_", "VERBOSE",
}  # fmt: skip
"""Words in capitals that are no settings of the server."""
PACKAGES = {
    "caddy": "caddy", "certbot": "certbot", "curl": "curl", "nft": "nftables", "nginx": "nginx-light",
    "sqlite3": "sqlite3",
}  # fmt: skip
"""The packages of programs that a blank Debian does not have."""


@pytest.mark.parametrize("commands", [body for kind, body in BLOCKS if kind == "sh"])
def test_a_shell_reads_the_commands(commands: str) -> None:
    read = subprocess.run(["bash", "-n"], input=commands, capture_output=True, text=True, timeout=20)
    assert read.returncode == 0 and not read.stderr, read.stderr


def test_settings_have_the_names_that_the_server_knows() -> None:
    known = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
    named = set(re.findall(r"\b([A-Z]+_[A-Z_]+)=", TEXT)) | set(re.findall(r"`([A-Z]+_[A-Z_]+)`", TEXT))
    assert named - OTHERS <= known, named - OTHERS - known


def test_files_and_sections_that_it_leads_to_are_there() -> None:
    sections = {
        re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-")
        for title in re.findall(r"^#+ (.*)$", TEXT, re.M)
    }
    for target in re.findall(r"\]\(([^)]+)\)", TEXT):
        file, _, section = target.partition("#")
        assert not file or (DOCUMENT.parent / file).exists(), target
        assert file or section in sections, target


def test_settings_can_be_copied_into_the_file_of_the_service() -> None:
    """systemd takes what stands behind a value for a part of it."""
    assert not re.findall(r"^[A-Z_]+=.*[ \t]#", "".join(body for _, body in BLOCKS), re.M)


def test_behind_any_proxy_the_server_starts_with_the_settings_as_printed(tmp_path: pathlib.Path) -> None:
    section = TEXT.split("\n## Behind nginx or Caddy\n")[1].split("\n**nginx**")[0]
    [printed] = re.findall(r"^```sh\n(.*?)^```", section, re.M | re.S)
    server = Relay(tmp_path)
    # Without TLS but for what is printed.
    del server.settings["RELAY_CERT"], server.settings["RELAY_KEY"]
    server.settings |= dict(line.split("=", 1) for line in printed.splitlines())
    server.start()
    assert server.stop() == 0, server.log_text()


def test_certificates_are_got_before_settings_name_them() -> None:
    for _, body in BLOCKS:
        before, named, _ = body.partition("_CERT=/etc/switchboard/tls")
        told = TEXT[: TEXT.index(body)] + before
        section = told.rpartition("\n## ")[2]
        assert not named or "libexec/switchboard/renew-certificate" in section, body


@pytest.mark.parametrize("name", PACKAGES)
def test_what_a_blank_system_lacks_is_installed_before_its_first_use(name: str) -> None:
    use = re.compile(rf"^(?:.*&& |.*-- )?{name} ", re.M)
    blocks = [block.span() for block in re.finditer(r"^ *```sh\n.*?^ *```", TEXT, re.M | re.S)]
    uses = [found.start() for span in blocks if (found := use.search(TEXT, *span))]
    installed = re.search(rf"apt-get install -y (?:[\w-]+ )*{PACKAGES[name]}\b(?!-)", TEXT)
    assert installed and installed.start() < min(uses, default=len(TEXT))


@needs_namespaces()
def test_nftables_takes_the_firewall(tmp_path: pathlib.Path) -> None:
    [rules] = [body for kind, body in BLOCKS if body.startswith("#!/usr/sbin/nft")]
    file = tmp_path / "nftables.conf"
    file.write_text(rules)
    checked = subprocess.run([program("nft"), "-c", "-f", str(file)], capture_output=True, text=True, timeout=20)
    assert checked.returncode == 0, checked.stderr
