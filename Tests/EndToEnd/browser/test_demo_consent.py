"""Pages of other sites lead nobody into a call of the demo page, and out of one, without a click."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from support.demofixtures import SITE
from support.demopage import DemoPage, Pair, beginning_with, link_with, meet
from support.rest import Rest, new_code, new_device
from support.switchboard import Server

# Counts how often camera and microphone are asked for.
COUNT_ASKING = """
  window.asked = 0;
  const open = MediaDevices.prototype.getUserMedia;
  MediaDevices.prototype.getUserMedia = function (wanted) {
    window.asked += 1;
    return open.call(this, wanted);
  };"""
GONE_LIMIT = 60.0
"""A page that is led away may leave its socket open until the server has pinged in vain."""
LIVE_TRACKS = """
  const tracks = document.getElementById('local').srcObject?.getTracks() ?? [];
  return tracks.filter(({readyState}) => readyState === 'live').length"""


class Trap:
    """A call of somebody's own into which others are to be led."""

    def __init__(self, server: Server) -> None:
        self.code, self.device = new_code(), new_device()
        self._rest = Rest(server)
        assert self._rest.create(self.code, self.device).status == 201

    @property
    def is_empty(self) -> bool:
        """Nobody has joined with the code."""
        return self._rest.check(self.code, self.device).status == 204


@pytest.fixture
def trap(shared_server: Server) -> Trap:
    return Trap(shared_server)


@contextlib.contextmanager
def opened_by_another_site(page: DemoPage, pages: str, url: str) -> Iterator[tuple[str, str]]:
    """The page in a window that a page of another site has opened; gives the handles of both."""
    page.leave_site()
    page.go(f"{pages}/opener.html")
    opener = page.driver.current_window_handle
    page.run("window.opened = open(arguments[0])", url)
    page.wait_until(lambda: len(page.driver.window_handles) == 2, "a second window")
    (opened,) = set(page.driver.window_handles) - {opener}
    page.driver.switch_to.window(opened)
    page.use()
    try:
        yield opener, opened
    finally:
        page.driver.switch_to.window(opened)
        page.driver.close()
        page.driver.switch_to.window(opener)


def lead(page: DemoPage, windows: tuple[str, str], url: str) -> None:
    """The opener leads the window that it has opened to an address, as far as it can."""
    opener, opened = windows
    page.driver.switch_to.window(opener)
    page.run("window.opened.location = arguments[0]", url)
    page.driver.switch_to.window(opened)


def connect(page: DemoPage, friend: DemoPage, server: Server) -> None:
    friend.visit(server)
    page.wait_until_shown("start")
    page.join(friend.create_code())
    for each in (page, friend):
        each.wait_until_connected()


def test_a_link_asks_before_it_joins_and_before_the_camera_is_opened(
    pair: Pair, shared_server: Server
) -> None:
    host, guest = pair
    host.visit(shared_server)
    code = host.create_code()
    with beginning_with(guest, COUNT_ASKING):
        guest.visit(shared_server, fragment=f"#code={code}")
        guest.wait_for_text("question-title", "Join this call?")
        assert guest.text("question-code-read").replace(" ", "") == code
        assert guest.focused() == "question-title", "who does not see it is told"
        guest.wait_until(lambda: guest.element("question-yes").is_enabled(), "it can be answered")
        guest.inspect("question-join")
        assert guest.run("return window.asked") == 0
        assert host.shows("invitation"), "the code is not used up"
        guest.tab_to("question-no")
        guest.driver.refresh()
        guest.agree()
        for page in pair:
            page.wait_until_connected()
        assert guest.run("return window.asked") > 0
        assert guest.run("return location.hash") == ""


def test_who_does_not_want_to_join_does_not(pair: Pair, shared_server: Server, trap: Trap) -> None:
    page = pair[0]
    page.visit(shared_server, fragment=f"#code={trap.code}")
    page.click("question-no")
    page.wait_until_shown("start")
    assert page.run("return location.hash") == ""
    page.run("location.hash = arguments[0]", f"#code={trap.code}")
    page.wait_until_shown("question")
    assert trap.is_empty


def test_the_question_fits_a_narrow_screen_however_long_its_code_is(
    pair: Pair, shared_server: Server
) -> None:
    page = pair[0]
    page.visit(shared_server, fragment="#code=1234567890123456")
    page.wait_until_shown("question")
    page.use((320, 640))
    assert page.run("return document.documentElement.scrollWidth") <= 320
    page.use()


def test_a_link_in_a_running_call_changes_nothing_without_a_click(
    call: Pair, shared_server: Server, trap: Trap
) -> None:
    page, friend = call
    page.run(COUNT_ASKING)
    page.run("location.hash = arguments[0]", f"#code={trap.code}")
    page.wait_for_text("notice", "A link leads into another call.")
    page.inspect("call-link-into-another")
    assert page.shows("call") and page.text("status") == "Connected"
    page.say("Still here")
    friend.wait_for_message("Still here")
    page.wait_for_picture()
    assert trap.is_empty and page.run("return window.asked") == 0
    page.wait_until(lambda: page.element("notice-action").is_enabled(), "it can be answered")
    page.click("notice-action")
    page.wait_for_text("status", "Waiting for the other person")
    assert not trap.is_empty
    friend.wait_for_status("The other person has left")


def test_the_window_of_a_call_is_out_of_the_hands_of_who_opened_it(
    pair: Pair, pages: str, shared_server: Server, trap: Trap
) -> None:
    page, friend = pair
    url = f"{shared_server.http}/demo/"
    with opened_by_another_site(page, pages, url) as windows:
        connect(page, friend, shared_server)
        for target in (link_with(trap.code, shared_server), f"{url}?elsewhere", f"{pages}/opener.html"):
            lead(page, windows, target)
        page.driver.switch_to.window(windows[0])
        assert page.run("return window.opened.closed"), "to its opener"
        page.driver.switch_to.window(windows[1])
        page.say("Still here")
        friend.wait_for_message("Still here")
        page.wait_for_picture()
        assert page.run("return location.href") == url and not page.shows("notice")
        assert trap.is_empty


def test_without_https_the_opener_leads_nobody_into_its_call(
    pair: Pair, pages: str, shared_server: Server, trap: Trap
) -> None:
    """Browsers leave it a hold on the window then."""
    page, friend = pair
    url = f"http://{SITE}:{shared_server.port}/demo/"
    link = link_with(trap.code, shared_server, SITE)
    with opened_by_another_site(page, pages, url) as windows:
        connect(page, friend, shared_server)
        lead(page, windows, link)
        page.wait_for_text("notice", "A link leads into another call.")
        page.say("Still here")
        friend.wait_for_message("Still here")
        # It can load the page anew, which ends the call until the person says so.
        for target, title in (
            (link.replace("#", "?anew#"), "Join this call?"), (url, "Go back to your call?")
        ):  # fmt: skip
            lead(page, windows, target)
            page.wait_for_text("question-title", title)
            friend.wait_for_status("The other person is gone", GONE_LIMIT)
            if title.startswith("Join"):
                page.inspect("question-join-without-https")
                page.click("question-no")
                page.wait_for_text("question-title", "Go back to your call?")
            page.agree()
            for each in pair:
                each.wait_until_connected()
        assert trap.is_empty


def test_a_way_back_into_a_call_that_was_left_asks_first(
    pair: Pair, pages: str, shared_server: Server
) -> None:
    page, friend = pair
    with beginning_with(page, COUNT_ASKING):
        meet(page, friend, shared_server)
        page.go(f"{pages}/opener.html")
        friend.wait_for_status("The other person is gone", GONE_LIMIT)
        page.run("history.back()")
        page.wait_for_text("question-title", "Go back to your call?")
        page.inspect("question-return")
        assert page.run("return window.asked") == 0
        page.agree()
        for each in pair:
            each.wait_until_connected()
        page.go(f"{pages}/opener.html")
        page.run("location = arguments[0]", f"{shared_server.http}/demo/")
        page.wait_for_text("question-title", "Go back to your call?")
        page.click("question-no")
        page.wait_until_shown("start")
        page.driver.refresh()
        page.wait_until_shown("start")
        assert page.run("return sessionStorage.getItem('room')") is None


def test_a_page_that_the_browser_kept_asks_before_it_goes_on(call: Pair) -> None:
    page, friend = call
    page.run("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    page.wait_for_text("question-title", "Go back to your call?")
    assert page.run(LIVE_TRACKS) == 0, "the camera is off"
    friend.wait_for_status("The other person has left")


def test_an_invitation_that_was_left_is_not_waited_for_without_a_click(
    pair: Pair, pages: str, shared_server: Server
) -> None:
    host, guest = pair
    host.visit(shared_server)
    code = host.create_code()
    host.go(f"{pages}/opener.html")
    host.go(f"{shared_server.http}/demo/")
    host.wait_for_text("question-title", "Wait for the other person again?")
    host.inspect("question-wait")
    host.agree()
    host.wait_until_shown("invitation")
    assert host.text("code").replace(" ", "") == code
    guest.follow(link_with(code, shared_server))
    for page in pair:
        page.wait_until_connected()
