"""Every number among the settings at both ends of its range, with traffic: what may be set, the server can keep.

The ranges are those that the executable's own help names, so a new setting is tried without being named here. One
that leaves no traffic possible at its least, or none in time, is named below with the others of its kind.
"""

from __future__ import annotations

import contextlib
import http.client
import pathlib
import re
import resource
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from support.commands import switchboard
from support.relay import Relay, assert_no_crash
from support.rest import Rest, new_code, new_device
from support.stun import Endpoint
from support.transports import Peer, can_bind
from support.waiting import eventually
from support.wsclient import pair

Values = dict[str, object]
StartRelay = Callable[..., Relay]

SOCKETS = {"PORT", "TLS_PORT", "RELAY_PORT", "RELAY_TLS_PORT"}
"""Ports to listen on: the tests' own."""
HURRIED = {
    *("HANDSHAKE_TIMEOUT", "PING_INTERVAL", "PING_TIMEOUT", "PROBE_TIMEOUT", "WRITE_TIMEOUT"),
    *("HTTP_REQUEST_TIMEOUT", "HTTP_IDLE_TIMEOUT", "RELAY_STREAM_TIMEOUT", "SHUTDOWN_TIMEOUT"),
    *("RELAY_ALLOCATION_LIFETIME", "RELAY_MAX_ALLOCATION_LIFETIME"),
    *("RELAY_PERMISSION_LIFETIME", "RELAY_CHANNEL_LIFETIME"),
}
"""Times that at their least are over before a busy machine has done anything."""
STARVED = {
    *("MAX_CONNECTIONS", "MESSAGE_RATE", "MESSAGE_BURST", "MAX_BODY_BYTES", "MAX_PURGE_BODY_BYTES"),
    *("RELAY_MAX_PORT", "RELAY_MAX_STREAMS"),
}
"""Counts that at their least are not enough for a call."""
CROWDED = {"EVENT_LOOPS", "RELAY_MIN_PORT"}
"""At their most: threads that take descriptors, and no port beyond the last."""
BELOW_MESSAGE = ("MAX_SDP_BYTES", "MAX_CANDIDATE_BYTES")
"""They have to be smaller than MAX_MESSAGE_BYTES, whose range has the same end."""
PATIENCE = 2.0
"""Seconds for what need not come."""


@dataclass(frozen=True)
class Range:
    least: str
    most: str
    zero_is_unlimited: bool


@pytest.fixture(scope="module")
def ranges(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Range]:
    """The ends of every number's range, as `serve --help` says them."""
    text = " ".join(switchboard(tmp_path_factory.mktemp("help"), "serve", "--help").stdout.split())
    found = re.findall(
        r"(?:<number>|<decimal>|<seconds>) ((?:(?!Allowed: ).)*)Allowed: [^.]*? from ([\d.]+) to ([\d.]+?)"
        r"(?:, fractions too)?\. Default: \S+\. \[(\w+)\]",
        text,
    )
    numbers = len(re.findall(r"<number>|<decimal>|<seconds>", text))
    assert len(found) == numbers > 50, f"{len(found)} of {numbers} ranges were understood"
    return {
        name: Range(least, most, bool(re.search(r"\b0 is (without|as many)", summary)))
        for summary, least, most, name in found
        if name not in SOCKETS
    }


@contextlib.contextmanager
def started(start_relay: StartRelay, values: Values, codes: tuple[int, ...] = (0,)) -> Iterator[Relay]:
    """A relay that still runs, and then stops, without a crash."""
    relay = start_relay(**values)
    yield relay
    assert relay.process is not None and relay.process.poll() is None, relay.log_text()
    assert relay.stop() in codes, relay.log_text()
    assert_no_crash(relay)


# Traffic


def call(relay: Relay, sdp_octets: int = 200) -> None:
    """Two clients in a room exchange what a call needs."""
    first, second = pair(relay)
    with first, second:
        for sender, receiver, kind in ((first, second, "webrtc_offer"), (second, first, "webrtc_answer")):
            sender.send(kind, sdp="x" * sdp_octets)
            assert receiver.next(kind)["sdp"] == "x" * sdp_octets
            sender.send("ice_candidate", candidate={"candidate": "c", "sdpMid": "0", "sdpMLineIndex": 0})
            receiver.next("ice_candidate")
            sender.send("key_exchange", text="k")
            receiver.next("key_exchange")
        first.assert_nothing_came()


def pairing(relay: Relay) -> None:
    rest, first, second = Rest(relay), new_device(), new_device()
    room = rest.pair(first, second)
    assert rest.room(room).status == 200
    assert rest.accept(new_code(), second).status == 404
    assert rest.call("GET", f"/api/ice-servers?roomid={room}&client={first}").status == 200
    assert rest.purge(first).status == 200


def relayed(relay: Relay, transport: str, limit: float = 10.0) -> None:
    """A client of the relay permits a peer, binds it to a channel, and both send."""
    with relay.client(transport, host="127.0.0.1") as client, Peer() as peer:
        address = client.allocate()
        assert client.permit(peer.endpoint).succeeded
        client.send(b"indication", peer.endpoint)
        assert peer.receive(limit)[0] == b"indication"
        assert client.bind_channel(0x7FFF, peer.endpoint).succeeded
        client.send_on(0x7FFF, b"channel data")
        assert peer.receive(limit)[0] == b"channel data"
        peer.send(b"back", address)
        assert client.receive_data(limit).payload == b"back"
        assert client.refresh(0).succeeded


def some_traffic(relay: Relay) -> None:
    """Everything, whether or not there is any to be had."""
    for attempt in (
        lambda: call(relay),
        lambda: pairing(relay),
        lambda: relayed(relay, "udp4", PATIENCE),
        lambda: relayed(relay, "tcp4", PATIENCE),
        lambda: relayed(relay, "udp4", PATIENCE),
    ):
        with contextlib.suppress(AssertionError, OSError, http.client.HTTPException):
            attempt()

    def is_healthy() -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return Rest(relay).call("GET", "/healthz").status == 200
        return False

    eventually(is_healthy, 15, "it serves again when nobody else does")


def permit_all(relay: Relay, most: int) -> None:
    """One allocation gets as many permissions as it may have, and not one more."""
    with relay.client("tcp4", host="127.0.0.1") as client:
        client.allocate()
        peers = [Endpoint(f"45.{n >> 16}.{n >> 8 & 255}.{n & 255}", 9) for n in range(1, most + 2)]
        for start in range(0, most, 40):
            assert client.permit(*peers[start : min(start + 40, most)]).succeeded
        assert client.permit(peers[most]).error == 508
        assert client.permit(peers[0], peers[most - 1]).succeeded
        assert client.refresh(0).succeeded


# Ends


def test_every_number_may_be_at_its_least(ranges: Mapping[str, Range], start_relay: StartRelay) -> None:
    values = {name: ends.least for name, ends in ranges.items() if name not in HURRIED | STARVED}
    # A port that rests for no time is given to the next at once.
    with started(start_relay, values) as relay:
        call(relay)
        pairing(relay)
        for transport in ("udp4", "tcp4", "udp4"):
            relayed(relay, transport)


@pytest.mark.parametrize("kind", [HURRIED, STARVED], ids=["times", "counts"])
def test_what_leaves_no_call_possible_at_its_least_harms_nothing_else(
    ranges: Mapping[str, Range], start_relay: StartRelay, kind: set[str]
) -> None:
    """With the counts also every limit that 0 switches off, at 1."""
    values: Values = {name: ranges[name].least for name in kind}
    if kind is STARVED:
        values |= {name: 1 for name, ends in ranges.items() if ends.zero_is_unlimited}
        values["RELAY_MIN_PORT"] = ranges["RELAY_MIN_PORT"].least
    else:
        values["DRAIN_SPREAD"] = 0
    # A shutdown may take longer than the shortest time for it.
    with started(start_relay, values, codes=(0, 1)) as relay:
        some_traffic(relay)


def test_every_number_may_be_at_its_most(ranges: Mapping[str, Range], start_relay: StartRelay) -> None:
    values: Values = {name: ends.most for name, ends in ranges.items() if name not in CROWDED}
    for name in BELOW_MESSAGE:
        values[name] = int(ranges["MAX_MESSAGE_BYTES"].most) - 1
    with started(start_relay, values) as relay:
        call(relay, sdp_octets=1 << 20)
        pairing(relay)
        for transport in ("udp4", "tcp4"):
            relayed(relay, transport)
        permit_all(relay, int(ranges["RELAY_MAX_PERMISSIONS"].most))


def test_as_many_threads_and_as_few_ports_as_may_be(
    ranges: Mapping[str, Range], start_relay: StartRelay
) -> None:
    values: Values = {name: ranges[name].most for name in CROWDED}
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if 0 < descriptors < 8_192:  # Each thread takes three.
        values["EVENT_LOOPS"] = descriptors // 8
    if not can_bind(Endpoint("127.0.0.1", int(ranges["RELAY_MIN_PORT"].most))):
        pytest.skip("another relay uses the last port")
    with started(start_relay, values) as relay:
        call(relay)
        pairing(relay)
        relayed(relay, "udp4")


def test_every_number_is_tried_at_both_ends(ranges: Mapping[str, Range]) -> None:
    """The names above are settings, and each has its kind."""
    for named in (HURRIED, STARVED, CROWDED, set(BELOW_MESSAGE)):
        assert named <= set(ranges), named - set(ranges)
    assert not HURRIED & STARVED


def test_one_more_than_the_most_is_refused(tmp_path: pathlib.Path, ranges: Mapping[str, Range]) -> None:
    for name in ("RELAY_MAX_PERMISSIONS", "RELAY_MAX_CHANNELS", "RELAY_MAX_STREAMS"):
        result = switchboard(tmp_path, "serve", **{name: int(ranges[name].most) + 1})
        assert result.code == 2 and name in result.stderr
