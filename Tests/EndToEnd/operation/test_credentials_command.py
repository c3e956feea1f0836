"""`switchboard credentials`: time-limited credentials for scripts."""

from __future__ import annotations

import base64
import hmac
import json
import pathlib
import time

import pytest

from support.commands import Result, switchboard


def verify(directory: pathlib.Path, username: str, credential: str, *flags: str, **settings: object) -> Result:
    return switchboard(
        directory, "credentials", "verify", "--username", username, "--credential", credential, *flags, **settings
    )


def password(secret: str, username: str) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), username.encode(), "sha1")).decode()


def test_what_is_minted_is_what_coturn_takes(tmp_path: pathlib.Path) -> None:
    minted = switchboard(tmp_path, "credentials", "mint", "--id", "a-script", RELAY_SECRETS="north,south")
    assert minted.code == 0 and minted.stdout.count("\n") == 1, minted
    content = json.loads(minted.stdout)
    assert set(content) == {"username", "credential", "expires"}
    assert content["username"] == f"{content['expires']}:a-script"
    assert 3590 <= content["expires"] - time.time() <= 3600
    assert content["credential"] == password("north", content["username"])
    assert verify(tmp_path, content["username"], content["credential"], RELAY_SECRETS="x,north").code == 0


def test_lifetimes_are_a_setting(tmp_path: pathlib.Path) -> None:
    flags = ("--ice-credential-lifetime", "120", "--relay-secrets=north")
    minted = switchboard(tmp_path, "credentials", "mint", *flags)
    assert 110 <= json.loads(minted.stdout)["expires"] - time.time() <= 120


def test_secrets_are_found_in_turnserver_conf_too(tmp_path: pathlib.Path) -> None:
    (tmp_path / "turn-server").mkdir()
    (tmp_path / "turn-server/turnserver.conf").write_text("static-auth-secret=north\n")
    name = f"{int(time.time()) + 9}:x"
    assert verify(tmp_path, name, password("north", name)).stdout == "valid\n"


@pytest.mark.parametrize(
    ("username", "secret", "verdict"),
    [
        ("4000000000:x", "north", "valid"),
        ("4000000000:x", "other", "wrong"),
        ("1000000000:x", "north", "expired"),
        ("1000000000:x", "other", "wrong"),
        ("4000000000", "north", "valid"),
        ("4000000000:", "north", "valid"),
        ("x:4000000000", "north", "valid"),
        ("x:4000000000", "other", "wrong"),
        ("1000000000", "north", "expired"),
        ("x:1000000000", "north", "expired"),
        ("4000000000.5", "north", "wrong"),
        ("nobody", "north", "wrong"),
    ],
)
def test_verdicts_are_words_and_exit_codes(
    tmp_path: pathlib.Path, username: str, secret: str, verdict: str
) -> None:
    verified = verify(tmp_path, username, password(secret, username), RELAY_SECRETS="south,north")
    assert verified == Result(0 if verdict == "valid" else 1, f"{verdict}\n", "")


@pytest.mark.parametrize("arguments", [("mint",), ("verify", "--username", "1:x", "--credential", "y")])
def test_without_a_secret_nothing_can_be_done(tmp_path: pathlib.Path, arguments: tuple[str, ...]) -> None:
    refused = switchboard(tmp_path, "credentials", *arguments)
    assert refused.code == 1 and refused.stdout == "" and "RELAY_SECRETS" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [(), ("mint", "--id", "a:b"), ("mint", "--id", ""), ("verify",), ("mint", "--port", "1"), ("forge",)],
)
def test_wrong_usage_is_exit_code_2(tmp_path: pathlib.Path, arguments: tuple[str, ...]) -> None:
    refused = switchboard(tmp_path, "credentials", *arguments, RELAY_SECRETS="north")
    assert refused.code == 2 and refused.stdout == "" and refused.stderr, refused
