"""Two real browsers in a video call that goes through the relay and no other way."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from callpage import CallPage
from certificates import Certificate
from deployment import Deployment, deployment
from firefox import Firefox
from turnservers import TRANSPORTS, Transport

MESSAGES = 200


@pytest.fixture(scope="module")
def firefoxes(
    tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> Iterator[tuple[CallPage, CallPage]]:
    """Two windows of a Firefox, which never binds a channel."""
    firefox = Firefox(tmp_path_factory.mktemp("profile"), certificate)
    yield firefox.page(), firefox.page()
    firefox.quit()


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


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_two_chromiums_are_in_a_call(
    chromiums: tuple[CallPage, CallPage], pages: str, relaying: Deployment, transport: Transport
) -> None:
    call_and_leave(chromiums, pages, relaying, transport)


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
