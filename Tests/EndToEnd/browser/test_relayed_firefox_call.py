"""Firefox in a video call that goes through the relay and no other way, with its like and with a Chromium."""

from __future__ import annotations

import pytest

from support.callpage import CallPage
from support.deployment import Deployment
from support.relayedcall import call_and_leave
from support.turnservers import TRANSPORTS, Transport


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_two_firefoxes_are_in_a_call(
    firefoxes: tuple[CallPage, CallPage], pages: str, relaying: Deployment, transport: Transport
) -> None:
    call_and_leave(firefoxes, pages, relaying, transport)


def test_a_chromium_and_a_firefox_are_in_a_call(
    chromiums: tuple[CallPage, CallPage],
    firefoxes: tuple[CallPage, CallPage],
    pages: str,
    relaying: Deployment,
) -> None:
    call_and_leave((chromiums[0], firefoxes[0]), pages, relaying, "udp")
