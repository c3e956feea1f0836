"""On a machine with public addresses its own are no peers, but for the relayed ones that live.

Public addresses are had in a network namespace; this file is the test, and the program that runs inside.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import socket
import subprocess
import sys

import pytest

from support.processes import limit_descriptors, with_descriptors
from support.relay import Relay, connecting, running
from support.stun import IPV4, IPV6, Endpoint
from support.switchboard import ROOT
from support.transports import Peer
from support.waiting import eventually

OWN, FREE = {"198.41.0.4", "198.41.0.5"}, "198.41.0.6"
OWN6, FREE6 = {"2001:500:2::c", "2001:500:2::d"}, "2001:500:2::e"
ENTER = ["unshare", "--map-root-user", "--net"]


def can_enter() -> bool:
    try:
        return (
            subprocess.run([*ENTER, "ip", "link"], capture_output=True, timeout=20, check=False).returncode
            == 0
        )
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not can_enter(), reason="this user may not make network namespaces")
@pytest.mark.parametrize("scenario", ["public", "blind"])
def test_a_host_with_public_addresses_is_no_peer(tmp_path: pathlib.Path, scenario: str) -> None:
    inside = subprocess.run(
        [*ENTER, sys.executable, __file__, str(tmp_path), scenario],
        env=os.environ | {"PYTHONPATH": str(ROOT / "Tests/EndToEnd")},
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert inside.returncode == 0, inside.stdout + inside.stderr


def set_up() -> None:
    """Only `lo` is here; what it has counts as this host's."""
    commands = ["ip link set lo up"]
    commands += [f"ip address add {host}/32 dev lo" for host in sorted(OWN)]
    commands += [f"ip address add {host}/128 dev lo nodad" for host in sorted(OWN6)]
    for command in commands:
        subprocess.run(command.split(), check=True)


def judge(relay: Relay, family: int, own: set[str], free: str) -> None:
    with connecting(relay) as connect:
        one, two = connect(), connect()
        first, second = one.allocate(family=family), two.allocate(family=family)
        assert first.host == second.host and first.host in own
        (other,) = own - {first.host}
        here, also_here = Peer(first.host), Peer(other)
        assert one.permit(Endpoint(free, 9)).succeeded, "an address of somebody else"
        assert one.permit(also_here.endpoint).error == 403
        assert one.bind_channel(0x4000, also_here.endpoint).error == 403
        assert one.bind_channel(0x4000, here.endpoint).error == 403
        assert one.bind_channel(0x4000, Endpoint(first.host, relay.relay_port)).error == 403
        assert one.bind_channel(0x4001, second).succeeded and two.permit(first).succeeded
        one.send(b"no", here.endpoint)
        one.send(b"no", also_here.endpoint)
        one.send_on(0x4000, b"no")
        one.send_on(0x4001, b"to a live relayed address")
        assert two.receive_data().payload == b"to a live relayed address"
        one.expect_nothing()
        assert here.received() == also_here.received() == []


SETTINGS = {"RELAY_ALLOW_LOOPBACK_PEERS": 0, "RELAY_IPS": ""}


def public(directory: pathlib.Path) -> None:
    with running(directory, **SETTINGS) as relay:
        judge(relay, IPV4, OWN, FREE)
        judge(relay, IPV6, OWN6, FREE6)


def blind(directory: pathlib.Path) -> None:
    """Addresses that cannot be read, as no descriptor is left, are still those that were last read."""
    few = with_descriptors(256)
    with (
        running(directory, launcher=few, HANDSHAKE_TIMEOUT=120, **SETTINGS) as relay,
        connecting(relay) as connect,
        contextlib.ExitStack() as idle,
    ):
        client = connect()
        (other,) = OWN - {client.allocate(family=IPV4).host}

        def is_denied(host: str) -> bool:
            verdicts = {client.permit(Endpoint(host, 9)).error, client.bind_channel(0x4000, Endpoint(host, 9)).error}
            return verdicts == {403}

        for _ in range(400):
            idle.enter_context(socket.create_connection((relay.host, relay.port)))
        assert is_denied(other)
        limit_descriptors(relay.pid, 3)
        relay.wait_for_log("addresses of this machine cannot be read, the last known ones hold", 30)
        assert is_denied(other)
        limit_descriptors(relay.pid, 256)
        relay.wait_for_log("addresses of this machine read again", 30)
        assert is_denied(other)
        subprocess.run(f"ip address add {FREE}/32 dev lo".split(), check=True)
        eventually(lambda: client.permit(Endpoint(FREE, 9)).error == 403, 30, "a new address is no peer either")


if __name__ == "__main__":
    set_up()
    {"public": public, "blind": blind}[sys.argv[2]](pathlib.Path(sys.argv[1]))
