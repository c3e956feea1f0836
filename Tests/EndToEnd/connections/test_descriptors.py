"""Where few files may be open: limits are cut at the start, and a listener without descriptors rests."""

from __future__ import annotations

import contextlib
import http.client
import json
import pathlib
import re
import resource
import socket
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from support.certificates import Certificate
from support.metrics import metric_in
from support.processes import cpu_seconds, limit_descriptors, with_descriptors
from support.relay import SECRETS, Relay, client_context, connecting, running, time_limited
from support.rest import Rest
from support.switchboard import Server, binary
from support.waiting import eventually

CUT = "limits cut to the files that may be open"
PAUSE = 0.5
FEW = 256


def granted(cut: str) -> dict[str, int]:
    """`A 50 to 10, B 7 to 2` as numbers that are left."""
    return {name: int(left) for name, left in re.findall(r"(\S+) \d+ to (\d+)", cut)}


@pytest.fixture
def cramped(tmp_path: pathlib.Path) -> Iterator[Relay]:
    """A server with a relay for which the default limits are far too high."""
    with running(tmp_path, launcher=with_descriptors(FEW), HANDSHAKE_TIMEOUT=120) as relay:
        yield relay


def test_limits_that_cannot_be_kept_are_cut_and_then_kept(cramped: Relay) -> None:
    (line,) = [event for event in cramped.events if event["message"] == CUT]
    assert line["level"] == "warning" and line["max_open_files"] == str(FEW)
    left = granted(line["cut"])
    assert {"MAX_CONNECTIONS", "RELAY_TOTAL_QUOTA", "RELAY_MAX_STREAMS"} <= set(left)
    assert left["MAX_CONNECTIONS_PER_ADDRESS"] <= left["MAX_CONNECTIONS"] / 2
    # An allocation may have an address of either family.
    assert left["MAX_CONNECTIONS"] + 2 * left["RELAY_TOTAL_QUOTA"] + left["RELAY_MAX_STREAMS"] <= FEW
    with contextlib.ExitStack() as held:
        kept = []
        for _ in range(left["MAX_CONNECTIONS"] + 20):
            connection = held.enter_context(socket.create_connection((cramped.host, cramped.port)))
            connection.setblocking(False)
            kept.append(connection)

        def turned_away() -> int:
            return sum(is_closed(connection) for connection in kept)

        eventually(lambda: turned_away() == 20, 20, "exactly those beyond the limit are closed")
    eventually(lambda: Rest(cramped).call("GET", "/healthz").status == 200, 10, "there is room again")
    text = Rest(cramped).call("GET", "/metrics").body.decode()
    assert metric_in(text, "switchboard_accept_pauses_total") == 0, "no descriptor was missing"


def test_one_address_leaves_room_for_others_where_limits_are_cut(tmp_path: pathlib.Path) -> None:
    quotas = {"RELAY_USER_QUOTA": 12, "RELAY_ADDRESS_QUOTA": 64}
    with running(tmp_path, launcher=with_descriptors(FEW), **quotas) as relay, connecting(relay) as connect:

        def member(id: str) -> tuple[str, str]:
            name = f"{int(time.time()) + 600}:{id}"
            return name, time_limited(SECRETS[0], name)

        greedy = [connect("udp4", *member(f"greedy {number % 6}"), source="127.201.7.1") for number in range(60)]
        codes = [client.try_allocate().error for client in greedy]
        assert set(codes) == {0, 486}, codes
        connect("udp4", *member("stranger")).allocate()


def is_closed(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def test_the_doctor_says_the_same_as_the_start(cramped: Relay, tmp_path: pathlib.Path) -> None:
    (line,) = [event for event in cramped.events if event["message"] == CUT]
    finished = subprocess.run(
        [*with_descriptors(FEW), str(binary()), "doctor", "--json"],
        cwd=tmp_path,
        env=cramped.settings | {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    (finding,) = [
        finding for finding in json.loads(finished.stdout)["findings"] if finding["id"] == "files.limit"
    ]
    assert finding["level"] == "warning" and finding["summary"].endswith(f"the server cuts {line['cut']}"), finding


def test_limits_that_can_be_kept_stay_as_they_are(start_server: Callable[..., Server]) -> None:
    server = start_server(MAX_CONNECTIONS=100)
    assert CUT not in {event["message"] for event in server.events}


def test_where_nothing_is_left_for_clients_the_server_does_not_start(tmp_path: pathlib.Path) -> None:
    relay = Relay(tmp_path)
    finished = subprocess.run(
        [*with_descriptors(40), str(binary()), "serve"],
        cwd=tmp_path,
        env=relay.settings | {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert finished.returncode == 2, finished.stderr
    assert "only 40 files may be open" in finished.stderr and "LimitNOFILE" in finished.stderr


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_without_descriptors_connections_wait_without_burning_the_processor(
    start_server: Callable[..., Server], certificate: Certificate, tls: bool
) -> None:
    server = start_server(
        TLS_PORT=0, TLS_CERT=certificate.cert, TLS_KEY=certificate.key, HANDSHAKE_TIMEOUT=120, HTTP_IDLE_TIMEOUT=120
    )
    kept = http.client.HTTPConnection(server.host, server.port, timeout=10)

    def pauses() -> float:
        kept.request("GET", "/metrics")
        return metric_in(kept.getresponse().read().decode(), "switchboard_accept_pauses_total")

    assert pauses() == 0
    soft, _ = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    limit_descriptors(server.pid, 3)
    before, start = cpu_seconds(server.pid), time.monotonic()
    at = (server.host, server.https_port if tls else server.port)
    with contextlib.ExitStack() as held:
        waiting = [held.enter_context(socket.create_connection(at, 10)) for _ in range(20)]
        eventually(lambda: pauses() >= 4, 30, "the listener rests and tries again", interval=0.2)
        count = pauses()
        elapsed, burnt = time.monotonic() - start, cpu_seconds(server.pid) - before
        assert count <= elapsed / PAUSE + 1, f"{count} in {elapsed:.1f} s"
        assert burnt < elapsed / 2, f"{burnt:.2f} s of processor time in {elapsed:.1f} s of waiting"
        limit_descriptors(server.pid, soft)
        for each in waiting:
            stream = held.enter_context(client_context().wrap_socket(each)) if tls else each
            stream.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert stream.recv(100).startswith(b"HTTP/1.1 200"), "who has waited is served"
    assert sum(event["message"].startswith("cannot accept connections") for event in server.events) == 1
    kept.close()
