"""The client module in real browsers: it pairs, connects, comes back, and says how the connection travels."""

from __future__ import annotations

from collections.abc import Callable

from support.callpage import CALL_LIMIT, CallPage
from support.chromium import Chromium
from support.clientpage import Pages, connected, load, wait_for_channel, wait_for_state
from support.switchboard import Server
from support.waiting import eventually


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
