"""The client module in real browsers restarts ICE, at one end and at both at once."""

from __future__ import annotations

import time

from support.callpage import CALL_LIMIT
from support.clientpage import HEALING_LIMIT, Pages, connected, wait_for_channel
from support.switchboard import Server
from support.waiting import eventually

# A restart of ICE is verified after 5 s, 7 s on the polite side.
VERIFIED_AFTER = 9.0


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
