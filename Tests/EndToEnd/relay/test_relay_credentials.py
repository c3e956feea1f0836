"""Who may allocate: static users, and names that carry the time they are good until."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import pytest

from support.certificates import Certificate
from support.commands import switchboard
from support.deployment import deployment, relays
from support.relay import OTHER, OTHER_PASSWORD, PASSWORD, SECRETS, USER, Connect, Relay, connecting, time_limited
from support.stun import Attribute, Endpoint
from support.transports import Datagrams, Peer
from support.turnclient import Client
from support.turnservers import TurnConf

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
        "{past}:", ":{past}", "alice:{past}", "{past}:{future}", "alice:", ":", "{future}.5", "{future}.5:", "-{future}",
        "-1", "+{future}", " {future}", "{future} ", "0", "99999999999999999999999999", "alice:{future}.5",
        "alice:-{future}", "alice: {future}", "alice:99999999999999999999999999", "a:b:{future}", "alice:{future}:x",
    ],
)  # fmt: skip
def test_names_that_are_over_or_tell_no_time_are_refused(connect: Connect, name: str) -> None:
    name = name.format(past=int(time.time()) - 60, future=int(time.time()) + 600)
    assert connect("udp4", name, time_limited(SECRETS[0], name)).try_allocate().error == 401


@pytest.fixture(scope="module", params=relays("embedded", "coturn"))
def either(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> Iterator[TurnConf]:
    """One turnserver.conf with a shared secret, and the embedded relay or Debian's coturn to serve it."""
    with deployment(request.param, tmp_path_factory.mktemp("either"), certificate) as running:
        yield running.conf


@pytest.mark.parametrize("form", ["plain", "sha256"])
@pytest.mark.parametrize(
    ("name", "is_good"),
    [
        ("{future}", True), ("{future}:", True), ("{future}:alice", True), ("alice:{future}", True),
        (":{future}", True), ("{future}:{past}", True), ("{future}:123", True), ("{future}:a:b", True),
        ("0x7b:{future}", True), ("{future}::", True),
        ("{past}", False), ("{past}:", False), ("{past}:alice", False), ("alice:{past}", False),
        (":{past}", False), ("{past}:{future}", False), ("123:{future}", False), ("a:b:{future}", False),
        ("alice", False), ("alice:", False), (":alice", False),
    ],
)  # fmt: skip
def test_names_mean_to_both_servers_the_same(either: TurnConf, name: str, is_good: bool, form: str) -> None:
    name = name.format(past=int(time.time()) - 60, future=int(time.time()) + 600)
    with Datagrams(Endpoint("127.0.0.1", either.port)) as transport:
        client = Client(transport, name, time_limited(either.secret, name), sha256=form == "sha256")
        answer = client.try_allocate()
        assert (answer.error, answer.succeeded) == ((0, True) if is_good else (401, False)), answer
        if is_good:
            assert client.refresh(0).succeeded


def test_every_name_without_an_id_has_a_quota_of_its_own(start_relay: StartRelay) -> None:
    relay = start_relay(RELAY_USER_QUOTA=1)
    future = int(time.time()) + 600
    with connecting(relay) as connect:
        for name in (f"{future}", f"{future}:", f"{future + 1}", f"{future}:x"):
            password = time_limited(SECRETS[0], name)
            connect("udp4", name, password).allocate()
            assert connect("udp4", name, password).try_allocate().error == 486
        turned = f"x:{future}"
        assert connect("udp4", turned, time_limited(SECRETS[0], turned)).try_allocate().error == 486


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
