"""Two Chromiums in a video call that goes through the relay and no other way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.callpage import CallPage
from support.certificates import Certificate
from support.deployment import Deployment, deployment
from support.relayedcall import assert_in_relayed_call, call_and_leave, enter_relayed_call
from support.turnservers import TRANSPORTS, Transport


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_two_chromiums_are_in_a_call(
    chromiums: tuple[CallPage, CallPage], pages: str, relaying: Deployment, transport: Transport
) -> None:
    call_and_leave(chromiums, pages, relaying, transport)


@pytest.fixture(scope="module")
def hasty_relay(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[Deployment]:
    lifetimes: dict[str, Any] = {"RELAY_ALLOCATION_LIFETIME": 3, "RELAY_NONCE_LIFETIME": 2}
    with deployment("embedded", tmp_path_factory.mktemp("hasty"), certificate, **lifetimes) as deployed:
        yield deployed


def test_a_call_outlives_its_allocation_and_its_nonce(
    chromiums: tuple[CallPage, CallPage], pages: str, hasty_relay: Deployment
) -> None:
    enter_relayed_call(chromiums, pages, hasty_relay, "udp")
    # Shown, and then decoded: ten seconds of 15 frames each.
    chromiums[0].wait_for_moving_picture(5 * 15)
    assert_in_relayed_call(chromiums, "udp")
    for page in chromiums:
        page.close_page()
