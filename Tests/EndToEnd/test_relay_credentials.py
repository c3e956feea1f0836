"""Who may allocate: static users, and names that carry the time they are good until."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from commands import switchboard
from relay import OTHER, OTHER_PASSWORD, PASSWORD, SECRETS, USER, Connect, Relay, time_limited
from stun import Attribute
from transports import Peer

StartRelay = Callable[..., Relay]


def test_several_static_users_are_known(connect: Connect) -> None:
    connect(name=USER, password=PASSWORD).allocate()
    connect(name=OTHER, password=OTHER_PASSWORD).allocate()
    assert connect(name=USER, password=OTHER_PASSWORD).try_allocate().error == 401


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("transport", ["udp4", "tcp4", "tls6"])
@pytest.mark.parametrize("sha256", [False, True])
def test_every_secret_vouches_for_time_limited_names(
    connect: Connect, transport: str, secret: str, sha256: bool
) -> None:
    name = f"{int(time.time()) + 60}:alice"
    connect(transport, name, time_limited(secret, name), sha256=sha256).allocate()


@pytest.mark.parametrize(
    "name",
    [
        "{past}:alice", "{past}", "{future}x:alice", "x{future}:alice", ":alice", "alice", "0:alice", "-1:alice",
        "99999999999999999999999999:alice", "{future}.5:alice", "+{future}:alice", " {future}:alice", "",
    ],
)  # fmt: skip
def test_names_that_are_over_or_tell_no_time_are_refused(connect: Connect, name: str) -> None:
    name = name.format(past=int(time.time()) - 60, future=int(time.time()) + 600)
    assert connect("udp4", name, time_limited(SECRETS[0], name)).try_allocate().error == 401


def test_a_secret_that_is_not_configured_vouches_for_nobody(connect: Connect) -> None:
    name = f"{int(time.time()) + 60}:alice"
    for secret in ("third", "", SECRETS[0] + "x", ",".join(SECRETS)):
        assert connect("udp4", name, time_limited(secret, name)).try_allocate().error == 401


def test_the_age_of_a_name_is_asked_on_allocate_only(connect: Connect) -> None:
    """A call that lasts longer than its credentials goes on (and a new allocation with them does not begin)."""
    expiry = int(time.time()) + 2
    name = f"{expiry}:caller"
    password = time_limited(SECRETS[0], name)
    client = connect("udp4", name, password)
    client.allocate()
    with Peer() as peer:
        assert client.permit(peer.endpoint).succeeded
        deadline = time.monotonic() + 15
        while connect("udp4", name, password).try_allocate().succeeded:
            assert time.monotonic() < deadline, "the name never became too old"
            time.sleep(0.2)
        assert time.time() >= expiry
        assert client.refresh(1200).number(Attribute.LIFETIME) == 1200
        assert client.permit(peer.endpoint).succeeded
        assert client.bind_channel(0x4000, peer.endpoint).succeeded
        client.send_on(0x4000, b"still talking")
        assert peer.receive()[0] == b"still talking"
        assert client.refresh(0).succeeded


def test_without_any_configuration_no_static_user_exists(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_USERS="", RELAY_SECRETS="")
    name = f"{int(time.time()) + 60}:alice"
    for who in ((USER, PASSWORD), ("", ""), (name, time_limited("", name))):
        assert relay.client("udp4", *who).try_allocate().error == 401


def test_credentials_of_the_command_line_are_good(start_relay: StartRelay) -> None:
    relay = start_relay()
    settings = {"RELAY_SECRETS": relay.settings["RELAY_SECRETS"]}
    minted = switchboard(relay.directory, "credentials", "mint", "--id", "script", **settings)
    assert minted.code == 0, minted
    made = json.loads(minted.stdout)
    assert made["username"] == f"{made['expires']}:script"
    assert made["credential"] == time_limited(SECRETS[0], made["username"])
    relay.client("udp4", made["username"], made["credential"]).allocate()
