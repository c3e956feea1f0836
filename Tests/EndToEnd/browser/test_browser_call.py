"""Two real browsers that know only a join code pair, join their room and are in a call."""

from __future__ import annotations

import pathlib
import secrets
from collections.abc import Iterator

import pytest

from support.chromium import Chromium
from support.switchboard import Server

MESSAGES = 1_000


@pytest.fixture(scope="module")
def browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Chromium, Chromium]]:
    started = [Chromium(tmp_path_factory.mktemp(f"profile-{number}")) for number in (1, 2)]
    yield started[0], started[1]
    for browser in started:
        browser.quit()


@pytest.fixture
def call(
    browsers: tuple[Chromium, Chromium], pages: str, shared_server: Server
) -> Iterator[tuple[Chromium, Chromium]]:
    """Both browsers in a call, after meeting by a code of its own."""
    meet(browsers, pages, shared_server)
    yield browsers
    for browser in browsers:
        browser.close_page()


def meet(browsers: tuple[Chromium, Chromium], pages: str, server: Server) -> None:
    code = f"{secrets.randbelow(1_000_000):06}"
    for browser in browsers:
        browser.open(pages, server, code)
    for browser in browsers:
        browser.wait_for_phase("in call")


def assert_in_call(call: tuple[Chromium, Chromium]) -> None:
    """Pictures move and numbered messages arrive, all and in order, on both sides."""
    for browser in call:
        browser.wait_for_phase("in call")
    for browser in call:
        browser.wait_for_moving_picture()
    for browser in call:
        browser.do("sendNumbered", MESSAGES)
    for browser in call:
        browser.wait_for_messages(MESSAGES)
        assert browser.look("received") == [str(number) for number in range(MESSAGES)]


def test_two_browsers_that_know_only_a_code_are_in_a_call(call: tuple[Chromium, Chromium]) -> None:
    assert_in_call(call)
    assert call[0].look("roomId") == call[1].look("roomId")
    assert {call[0].look("isInitiator"), call[1].look("isInitiator")} == {True, False}
    for number, browser in enumerate(call, start=1):
        browser.screenshot(f"paired-{number}")


@pytest.mark.parametrize("leaver", [0, 1])
def test_who_leaves_is_missed_and_can_come_back(call: tuple[Chromium, Chromium], leaver: int) -> None:
    leaving, staying = call[leaver], call[1 - leaver]
    leaving.do("leave")
    leaving.wait_for_phase("left")
    staying.wait_for_phase("alone")
    assert staying.look("signals")[-1] == "peer_left"
    staying.screenshot("alone")

    leaving.do("rejoin")
    assert_in_call(call)
    assert staying.look("isInitiator") is True, "who stayed in the room calls who comes back"
    assert leaving.look("isInitiator") is False


def test_the_call_comes_up_again_after_a_reload(call: tuple[Chromium, Chromium]) -> None:
    reloading, staying = call
    room = reloading.look("roomId")
    reloading.driver.refresh()
    assert_in_call(call)
    assert reloading.look("roomId") == room
    assert "peer_disconnected" in staying.look("signals")
    assert reloading.look("signals")[:3] == ["connected", "room_joined", "room_ready"]


def test_the_other_is_told_when_a_browser_dies(
    browsers: tuple[Chromium, Chromium], pages: str, shared_server: Server, tmp_path: pathlib.Path
) -> None:
    survivor = browsers[0]
    victim = Chromium(tmp_path)
    try:
        meet((survivor, victim), pages, shared_server)
        victim.kill()
        survivor.wait_for_phase("alone")
        assert survivor.look("signals")[-1] == "peer_disconnected"
        survivor.screenshot("after-a-kill")
    finally:
        victim.quit()
        survivor.close_page()
