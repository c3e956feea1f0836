"""The server does what docs/openapi.yaml says, whatever schemathesis thinks of sending."""

from __future__ import annotations

import pathlib
import subprocess
import sys
from collections.abc import Callable

import pytest
import yaml
from openapi_spec_validator import validate

from rest import Rest
from switchboard import ROOT, Server

DOCUMENT = ROOT / "docs/openapi.yaml"
CONFIG = pathlib.Path(__file__).with_name("schemathesis.toml")
EXAMPLES = 100
LIMIT = 230


def test_the_document_is_valid_openapi() -> None:
    validate(yaml.safe_load(DOCUMENT.read_text()))


@pytest.mark.timeout(LIMIT + 10)
def test_the_server_keeps_to_its_openapi_document(
    start_server: Callable[..., Server], tmp_path: pathlib.Path
) -> None:
    """All checks and phases of schemathesis, with a fixed seed and a bounded number of examples."""
    server = start_server()
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run", str(DOCUMENT)),
        *("--url", server.http),
        *("--checks", "all"),
        *("--max-examples", str(EXAMPLES)),
        *("--seed", "1"),
        "--continue-on-failure",
        *("--request-timeout", "10"),
        "--no-color",
    ]
    finished = subprocess.run(
        command, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert Rest(server).call("GET", "/readyz").status == 200
    assert server.stop() == 0, server.log_text()
