"""certbot's hook of `deploy/`: a renewed certificate is served within seconds, without a restart."""

from __future__ import annotations

import grp
import os
import pathlib
import socket
import stat
import subprocess
from collections.abc import Callable

from support.relay import Relay, client_context, make_certificate
from support.switchboard import ROOT
from support.waiting import eventually

HOOK = ROOT / "deploy/renew-certificate"


def renew(lineage: pathlib.Path, directory: pathlib.Path) -> None:
    """What certbot does after it has put a new certificate into its own directory."""
    lineage.mkdir(exist_ok=True)
    make_certificate(lineage / "fullchain.pem", lineage / "privkey.pem", "signal.example.org")
    environment = {
        "PATH": os.environ["PATH"],
        "RENEWED_LINEAGE": str(lineage),
        "SWITCHBOARD_TLS": str(directory),
        "SWITCHBOARD_GROUP": grp.getgrgid(os.getgid()).gr_name,
    }
    subprocess.run([str(HOOK)], env=environment, check=True, capture_output=True, timeout=20)


def served(relay: Relay) -> bytes:
    with socket.create_connection(("127.0.0.1", relay.tls_port), 10) as stream:
        with client_context().wrap_socket(stream) as secure:
            return secure.getpeercert(binary_form=True) or b""


def test_a_renewed_certificate_is_served_without_a_restart(
    start_relay: Callable[..., Relay], tmp_path: pathlib.Path
) -> None:
    tls = tmp_path / "tls"
    renew(tmp_path / "lineage", tls)
    relay = start_relay(RELAY_CERT=tls / "fullchain.pem", RELAY_KEY=tls / "privkey.pem")
    first = served(relay)
    renew(tmp_path / "lineage", tls)
    eventually(lambda: served(relay) != first, 30, "the new certificate is served")


def test_the_key_is_for_the_server_and_nobody_else(tmp_path: pathlib.Path) -> None:
    renew(tmp_path / "lineage", tmp_path / "tls")
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o750
    for file in (tmp_path / "tls").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o640, file
