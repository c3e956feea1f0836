"""The client module in real browsers: it pairs, connects, heals, renews, and says how the connection travels."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from support.callpage import CALL_LIMIT, CallPage
from support.certificates import Certificate
from support.chromium import Chromium
from support.clientpage import HEALING_LIMIT, Pages, connected, load, wait_for_channel, wait_for_state
from support.deployment import Deployment, deployment
from support.firefox import Firefox
from support.ports import free_port
from support.switchboard import Server
from support.turnservers import TRANSPORTS, Transport
from support.waiting import eventually

OUTAGE = 10.0
CREDENTIAL_LIFETIME = 10
# A restart of ICE is verified after 5 s, 7 s on the polite side.
VERIFIED_AFTER = 9.0


@pytest.fixture(scope="module")
def firefoxes(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[Pages]:
    firefox = Firefox(tmp_path_factory.mktemp("profile"), certificate)
    yield firefox.page(), firefox.page()
    firefox.quit()


@pytest.fixture(scope="module", params=["chromium", "firefox", "both"])
def both(
    request: pytest.FixtureRequest, chromiums: tuple[Chromium, Chromium], firefoxes: Pages
) -> tuple[CallPage, CallPage]:
    """Two Chromiums, two windows of a Firefox, one of each."""
    kinds: dict[str, Pages] = {
        "chromium": chromiums, "firefox": firefoxes, "both": (firefoxes[0], chromiums[0])
    }  # fmt: skip
    return kinds[request.param]


def rate_of(page: CallPage) -> float:
    """At which a page sends, while it sends something. A path that has just been chosen has none yet."""
    page.do("say", "x" * 10_000)
    return float((page.do("path") or {}).get("sendRate") or 0)


def test_two_pages_pair_connect_and_know_their_path(both: Pages, pages: str, shared_server: Server) -> None:
    with connected(both, pages, shared_server):
        for page in both:
            wait_for_state(page, signaling="open", isReady=True, peer="connected")
            assert page.look("connections") == 1, page.look("events")
            assert not [event for event in page.look("events") if event.startswith(("failed", "refused"))]
        for page in both:
            eventually(lambda: rate_of(page), CALL_LIMIT, "the path has a rate", 0.2)
            path = page.do("path")
            # A check that overtakes the candidate it comes from looks as if it came through a NAT.
            assert (path["kind"], path["protocol"], path["relayed"]) in [
                ("direct", "udp", None), ("stun", "udp", None)
            ]  # fmt: skip
            eventually(lambda: page.do("path")["roundTripTime"] is not None, CALL_LIMIT, "a time", 0.2)


def test_leaving_and_coming_back(both: Pages, pages: str, shared_server: Server) -> None:
    one, other = both
    with connected(both, pages, shared_server) as room:
        one.do("close")
        wait_for_state(other, peer="waiting", isReady=False)
        one.do("enter", room)
        wait_for_channel(both)


def test_a_reload_brings_a_new_connection(both: Pages, pages: str, shared_server: Server) -> None:
    one, other = both
    with connected(both, pages, shared_server) as room:
        load(one, pages, shared_server)
        one.do("enter", room)
        wait_for_channel(both)
        assert other.look("connections") == 2


def test_the_connection_outlives_the_server_for_ten_seconds(
    both: Pages, pages: str, start_server: Callable[..., Server]
) -> None:
    server = start_server(PORT=free_port())
    one, other = both
    with connected(both, pages, server):
        generation = one.do("generation")
        server.stop()
        stopped = time.monotonic()
        for page in both:
            wait_for_state(page, signaling="waiting", isReady=False, peer="connected")
        # The path does not need the server.
        wait_for_channel(both)
        time.sleep(max(0.0, stopped + OUTAGE - time.monotonic()))
        server.start()
        for page in both:
            wait_for_state(page, signaling="open", isReady=True, peer="connected")
        eventually(lambda: one.do("generation") != generation, CALL_LIMIT, "ICE was restarted", 0.1)
        wait_for_channel(both)
        assert [page.look("connections") for page in both] == [1, 1], [page.look("events") for page in both]


def test_a_restart_of_ice_keeps_the_connection(both: Pages, pages: str, shared_server: Server) -> None:
    with connected(both, pages, shared_server):
        generations = [page.do("generation") for page in both]
        for page in both:
            page.do("restart")
        for page, generation in zip(both, generations, strict=True):
            eventually(lambda: page.do("generation") != generation, CALL_LIMIT, "a new path", 0.1)
        wait_for_channel(both)
        for page in both:
            assert page.look("connections") == 1
            assert not [event for event in page.look("events") if event.startswith("failed")]


def test_restarts_of_both_at_once_leave_no_path_that_carries_nothing(
    both: Pages, pages: str, shared_server: Server
) -> None:
    """One of the two offers gives way. What browsers of different makers are left with then may have to be mended."""
    with connected(both, pages, shared_server):
        for _ in range(4):
            generations = [page.do("generation") for page in both]
            moment = (time.time() + 0.3) * 1_000
            for page in both:
                page.do("restartIce", moment)
            for page, generation in zip(both, generations, strict=True):
                eventually(lambda: page.do("generation") != generation, CALL_LIMIT, "a new path", 0.1)
            wait_for_channel(both, HEALING_LIMIT)
        # Until all has been verified, and what was found wanting is mended.
        end = time.monotonic() + VERIFIED_AFTER
        while time.monotonic() < end:
            wait_for_channel(both, HEALING_LIMIT)
        for page in both:
            assert page.look("connections") == 1
            assert not [event for event in page.look("events") if event.startswith("failed")]


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_the_path_report_knows_the_relay(
    both: Pages, pages: str, relaying: Deployment, transport: Transport
) -> None:
    with connected(both, pages, relaying.server, transport):
        for page in both:
            path = page.do("path")
            assert (path["kind"], path["protocol"]) == ("relay", transport), path
            assert path["relayed"] in ("both", "here"), path


def test_a_path_that_breaks_with_its_relay_is_mended(
    both: Pages, pages: str, tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> None:
    directory = tmp_path_factory.mktemp("breaking")
    with deployment("embedded", directory, certificate, PORT=free_port()) as relaying:
        with connected(both, pages, relaying.server, "udp"):
            relaying.server.kill()
            for page in both:
                wait_for_state(page, HEALING_LIMIT, signaling="waiting", peer="interrupted")
            relaying.server.start()
            for page in both:
                wait_for_state(page, HEALING_LIMIT, signaling="open", isReady=True, peer="connected")
            wait_for_channel(both, HEALING_LIMIT)
            assert [page.look("connections") for page in both] == [1, 1]


def test_ice_servers_are_renewed_before_they_expire(
    both: Pages, pages: str, tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> None:
    directory = tmp_path_factory.mktemp("renewing")
    settings = {"ICE_CREDENTIAL_LIFETIME": CREDENTIAL_LIFETIME}
    with deployment("embedded", directory, certificate, **settings) as relaying:
        with connected(both, pages, relaying.server):
            for page in both:
                eventually(lambda: len(page.look("expiries")) >= 3, CALL_LIMIT, "renewed twice", 0.1)
                expiries = page.look("expiries")
                assert expiries == sorted(set(expiries))
                # The name of a credential begins with its end.
                assert str(page.do("username")).startswith(f"{page.look('expiries')[-1]:.0f}:")


def test_refusals_have_ids(both: Pages, pages: str, shared_server: Server) -> None:
    one, other = both
    for page in both:
        load(page, pages, shared_server)
    wrong = {"name": "SwitchboardError", "status": 404, "isTemporary": False, "isTyped": True}
    assert one.do("errorOf", "no such code") == wrong | {"id": "not_found_or_expired"}
    code = one.do("invite")
    conflict = wrong | {"status": 409, "id": "conflict"}
    assert one.do("errorOf", code) == conflict, "one's own invitation"
    other.do("accept", code)


def test_a_third_is_told_that_the_room_is_full(
    chromiums: tuple[Chromium, Chromium], firefoxes: Pages, pages: str, shared_server: Server
) -> None:
    with connected(firefoxes, pages, shared_server) as room:
        third = chromiums[0]
        load(third, pages, shared_server)
        third.do("enter", room)
        eventually(lambda: "refused room_full" in third.look("events"), CALL_LIMIT, "refused", 0.1)
        assert third.look("events")[-2:] == ["left", "refused room_full"]
        wait_for_channel(firefoxes)


def test_an_unreachable_server_is_an_error_of_its_own(
    chromiums: tuple[Chromium, Chromium], pages: str, start_server: Callable[..., Server]
) -> None:
    server = start_server()
    load(chromiums[0], pages, server)
    server.stop()
    error = chromiums[0].do("errorOf", "1")
    assert (error["id"], error["isTemporary"]) == ("network", True)
