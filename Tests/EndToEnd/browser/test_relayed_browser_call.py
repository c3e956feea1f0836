"""Two real browsers in a video call that goes through the relay and no other way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.callpage import CallPage
from support.certificates import Certificate
from support.deployment import Deployment, deployment
from support.firefox import Firefox
from support.relayedcall import assert_in_relayed_call, call_and_leave, enter_relayed_call
from support.turnservers import TRANSPORTS, Transport


@pytest.fixture(scope="module")
def firefoxes(
    tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> Iterator[tuple[CallPage, CallPage]]:
    """Two windows of a Firefox, which never binds a channel."""
    firefox = Firefox(tmp_path_factory.mktemp("profile"), certificate)
    yield firefox.page(), firefox.page()
    firefox.quit()


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
