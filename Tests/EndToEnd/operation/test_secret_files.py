"""Files with secrets that every user of the machine may read: the start says so, and the doctor says the same."""

from __future__ import annotations

import json
import pathlib
import stat
from collections.abc import Callable

from support.certificates import make_certificate
from support.commands import switchboard
from support.switchboard import Server

OWNER = stat.S_IRUSR | stat.S_IWUSR
EVERYBODY = OWNER | stat.S_IRGRP | stat.S_IROTH


def notices(server: Server) -> list[str]:
    return [event["notice"] for event in server.events if event["message"] == "configuration notice"]


def test_a_start_warns_of_secrets_that_others_may_read(
    start_server: Callable[..., Server], tmp_path: pathlib.Path
) -> None:
    certificate = make_certificate(tmp_path)
    files = {
        tmp_path / ".env": ".env holds secrets and every user of this machine may read it",
        certificate.key: f"every user of this machine may read the key {certificate.key}",
        tmp_path / "chat.db": f"every user of this machine may read {tmp_path / 'chat.db'}",
    }
    (tmp_path / ".env").write_text("ADMIN_TOKEN=0123456789abcdef0123\n")
    settings = {"TLS_PORT": 0, "TLS_CERT": certificate.cert, "TLS_KEY": certificate.key}
    assert start_server(**settings).stop() == 0, "it makes the database"
    for mode in (EVERYBODY, OWNER):
        for file in files:
            file.chmod(mode)
        server = start_server(**settings)
        said = [sum(line in notice for notice in notices(server)) for line in files.values()]
        assert said == [1 if mode == EVERYBODY else 0] * len(files), notices(server)
        assert "0123456789abcdef0123" not in server.log_text()
        findings = json.loads(switchboard(tmp_path, "doctor", "--json", **server.settings).stdout)["findings"]
        summaries = [finding["summary"] for finding in findings]
        assert [line in summaries for line in files.values()] == [mode == EVERYBODY] * len(files)
        assert server.stop() == 0
