"""A video call of two browsers that goes through the relay and no other way."""

from __future__ import annotations

import secrets

from support.callpage import CallPage
from support.deployment import Deployment
from support.turnservers import Transport

MESSAGES = 200


def enter_relayed_call(
    call: tuple[CallPage, CallPage], pages: str, relaying: Deployment, transport: Transport
) -> None:
    """Brings two pages into a call that has to be relayed, and the relay reached by this transport."""
    code = f"{secrets.randbelow(1_000_000):06}"
    for page in call:
        page.open(pages, relaying.server, code, relay=transport)
    for page in call:
        page.wait_for_phase("in call")


def assert_in_relayed_call(call: tuple[CallPage, CallPage], transport: Transport) -> None:
    for page in call:
        page.wait_for_moving_picture()
        page.do("sendNumbered", MESSAGES)
        pair = page.do("selectedPair")
        assert (pair["local"], pair["relayProtocol"]) == ("relay", transport), pair
        # A check that overtakes the candidate it comes from makes that one peer-reflexive.
        assert pair["remote"] in ("relay", "prflx"), pair
    for page in call:
        page.wait_for_messages(MESSAGES)
        assert page.look("received") == [str(number) for number in range(MESSAGES)]


def call_and_leave(
    call: tuple[CallPage, CallPage], pages: str, relaying: Deployment, transport: Transport
) -> None:
    enter_relayed_call(call, pages, relaying, transport)
    assert_in_relayed_call(call, transport)
    for page in call:
        page.close_page()
