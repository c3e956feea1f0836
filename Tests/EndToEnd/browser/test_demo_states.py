"""What the demo page says when something is not as it should be, and who can use it."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator

import pytest
from selenium.webdriver.common.keys import Keys

from support.demopage import DemoPage, beginning_with, link_with, meet
from support.rest import Rest
from support.switchboard import Server

REFUSING = "--use-fake-ui-for-media-stream=deny"
# Devices that cannot be had for the time being: window.withheld is {audio: "NotReadableError"} and the like.
WITHHOLD = """
  window.withheld = arguments[0];
  const open = MediaDevices.prototype.getUserMedia;
  MediaDevices.prototype.getUserMedia = function (wanted) {
    const kind = Object.keys(window.withheld).find((kind) => wanted[kind]);
    return kind ? Promise.reject(new DOMException('withheld', window.withheld[kind])) : open.call(this, wanted);
  };
  const ask = Permissions.prototype.query;
  Permissions.prototype.query = async function ({name}) {
    const kind = {camera: 'video', microphone: 'audio'}[name];
    if (!kind) return ask.apply(this, arguments);
    return {state: window.withheld[kind] === 'NotAllowedError' ? 'denied' : 'granted'};
  };"""
PRESSED = "return document.getElementById(arguments[0]).getAttribute('aria-pressed') === 'true'"
# Keeps the connection to the server where the test can get at it.
CATCH_SOCKET = """
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    window.socket = this;
    send.call(this, data);
  };"""
# More than three times as much as the server takes.
FLOOD = "for (let count = 0; count < 3_000; count += 1) window.socket.send('{\"type\": \"ping\"}')"
NO_WEBRTC = "delete window.RTCPeerConnection;"
NO_OFFERS = """
  RTCPeerConnection.prototype.setRemoteDescription = async () => {
    throw new DOMException('no common codec', 'OperationError');
  };"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One of their own, since wrong codes are counted."""
    server = Server(tmp_path_factory.mktemp("server")).start()
    yield server
    assert server.stop() == 0, server.log_text()


@pytest.fixture(scope="module")
def browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DemoPage, DemoPage]]:
    started = [DemoPage(tmp_path_factory.mktemp(f"profile-{number}")) for number in (1, 2)]
    yield started[0], started[1]
    for browser in started:
        browser.quit()


@pytest.fixture
def page(browsers: tuple[DemoPage, DemoPage]) -> Iterator[DemoPage]:
    yield browsers[0]
    browsers[0].leave_site()


@pytest.fixture
def other(browsers: tuple[DemoPage, DemoPage]) -> Iterator[DemoPage]:
    yield browsers[1]
    browsers[1].leave_site()


def test_a_wrong_code_is_said_to_be_wrong_and_can_be_corrected(
    page: DemoPage, other: DemoPage, server: Server
) -> None:
    page.visit(server)
    page.join("")
    page.wait_for_text("code-problem", "Enter the code")
    page.join("000001")
    page.wait_for_text("notice", "Nobody is waiting with the code 000001.")
    assert page.focused() == "code-input"
    page.inspect("code-unknown")
    other.visit(server)
    code = other.create_code()
    page.press(code, Keys.ENTER)  # in place of the wrong one, which is selected
    page.wait_until_connected()
    assert not page.shows("notice")


def test_a_link_with_an_expired_code_says_so(page: DemoPage, server: Server) -> None:
    page.follow(link_with("999999", server))
    page.wait_for_text("notice", "expired")
    assert page.run("return document.getElementById('code-input').value") == "999999"


def test_a_code_that_expires_while_one_waits_is_said_to_have_expired(page: DemoPage, server: Server) -> None:
    page.visit(server)
    page.run("""
      const invitation = {code: '123123', expires: new Date(Date.now() - 1000)};
      sessionStorage.setItem('invitation', JSON.stringify(invitation));""")
    page.driver.refresh()
    page.wait_for_text("notice", "The code has expired.")
    page.inspect("code-expired")


def test_a_code_that_somebody_else_used_is_said_to_be_used(page: DemoPage, server: Server) -> None:
    rest = Rest(server)
    rest.call("POST", "/api/rooms", {"joinid": "314159", "client1": "first", "expiresInSeconds": 60})
    rest.call("POST", "/api/rooms/accept", {"joinid": "314159", "client2": "second"})
    page.visit(server)
    page.join("314159")
    page.wait_for_text("notice", "has been used")
    page.inspect("code-used")


def test_a_third_person_finds_the_call_full(
    page: DemoPage, other: DemoPage, server: Server, tmp_path: pathlib.Path
) -> None:
    meet(page, other, server)
    third = DemoPage(tmp_path)
    try:
        third.visit(server)
        third.run(
            "sessionStorage.setItem('room', arguments[0])", page.run("return sessionStorage.getItem('room')")
        )
        third.driver.refresh()
        third.wait_for_text("notice", "This call is full.")
        assert third.shows("start")
        third.inspect("room-full")
    finally:
        third.quit()
    page.wait_for_picture()


def test_a_call_works_for_somebody_who_gives_no_camera(
    page: DemoPage, server: Server, tmp_path: pathlib.Path
) -> None:
    shy = DemoPage(tmp_path, [REFUSING])
    try:
        meet(page, shy, server)
        shy.wait_for_text("notice", "Camera and microphone are blocked.")
        shy.wait_for_text("notice", "Try again")
        shy.wait_for_picture()
        page.wait_for_text("remote-devices", "Microphone off · Camera off")
        shy.inspect("camera-refused")
        shy.say("I can see you")
        page.wait_for_message("I can see you")
    finally:
        shy.quit()


def enter_with(page: DemoPage, other: DemoPage, server: Server, withheld: dict[str, str]) -> None:
    """Brings two into a call; the first cannot have these devices."""
    page.visit(server)
    other.visit(server)
    page.run(WITHHOLD, withheld)
    page.join(other.create_code())
    for each in (page, other):
        each.wait_until_connected()


def test_a_microphone_that_was_in_use_can_be_chosen_later(
    page: DemoPage, other: DemoPage, server: Server
) -> None:
    enter_with(page, other, server, {"audio": "NotReadableError"})
    page.wait_for_text("notice", "The microphone cannot be opened.")
    other.wait_for_text("remote-devices", "Microphone off")
    page.wait_until(lambda: page.run(PRESSED, "mute"), "it is seen to be off")
    page.inspect("call-microphone-in-use")
    page.run("window.withheld = {}")
    page.click("devices")
    page.run("""
      const list = document.getElementById('microphone');
      list.selectedIndex = list.options.length - 1;
      list.dispatchEvent(new Event('change'));""")
    other.wait_until(lambda: not other.shows("remote-devices"), "the microphone is on")
    page.wait_until(lambda: not page.run(PRESSED, "mute"), "it is seen to be on")
    page.click("mute")
    other.wait_for_text("remote-devices", "Microphone off")


def test_switches_open_what_could_not_be_opened_before(
    page: DemoPage, other: DemoPage, server: Server
) -> None:
    enter_with(page, other, server, {"audio": "NotReadableError", "video": "NotReadableError"})
    page.wait_for_text("notice", "Camera and microphone cannot be opened.")
    other.wait_for_text("remote-devices", "Microphone off · Camera off")
    page.click("mute")  # in vain
    page.wait_for_text("notice", "The microphone cannot be opened.")
    page.run("window.withheld = {}")
    for id in ("mute", "blind"):
        assert page.run(PRESSED, id)
        page.click(id)
        page.wait_until(lambda: not page.run(PRESSED, id), f"{id} is released")
    other.wait_until(lambda: not other.shows("remote-devices"), "both are on")
    other.wait_for_picture()


def test_a_blocked_camera_leaves_the_microphone(page: DemoPage, other: DemoPage, server: Server) -> None:
    enter_with(page, other, server, {"video": "NotAllowedError"})
    page.wait_for_text("notice", "The camera is blocked.")
    other.wait_until(lambda: other.text("remote-devices") == "Camera off", "the microphone is on")
    page.run("window.withheld = {}")
    page.click("notice-action")
    other.wait_until(lambda: not other.shows("remote-devices"), "both are on")
    other.wait_for_picture()


def test_sound_that_the_browser_holds_back_can_be_turned_on(
    page: DemoPage, server: Server, tmp_path: pathlib.Path
) -> None:
    cautious = DemoPage(tmp_path, [REFUSING, "--autoplay-policy=document-user-activation-required"])
    try:
        meet(page, cautious, server)
        assert not cautious.shows("play")
        cautious.driver.refresh()  # after which nobody has touched the page
        cautious.wait_until_connected()
        cautious.wait_until_shown("play")
        cautious.inspect("call-sound-held-back")
        cautious.click("play")
        cautious.wait_for_picture()
        assert not cautious.shows("play")
    finally:
        cautious.quit()


def test_somebody_whose_browser_dies_is_said_to_be_gone(
    page: DemoPage, server: Server, tmp_path: pathlib.Path
) -> None:
    victim = DemoPage(tmp_path)
    try:
        meet(page, victim, server)
        victim.kill()
        page.wait_for_status("The other person is gone")
        page.inspect("call-other-gone")
    finally:
        victim.quit()


def test_who_hung_up_while_one_was_away_is_said_to_be_gone(
    page: DemoPage, other: DemoPage, start_server: Callable[..., Server]
) -> None:
    server = start_server()
    server.settings["PORT"] = str(server.port)
    meet(page, other, server)
    server.kill()
    page.wait_for_status("Connected, but the server is gone")
    other.leave_site()
    page.wait_for_text("explanation", "Is this device online?")
    server.start()
    page.wait_for_status("The other person is gone", 60)
    page.click("veil-action")
    page.wait_until_shown("start")


def test_a_call_goes_on_when_the_server_closes_the_connection_for_good(
    page: DemoPage, other: DemoPage, server: Server
) -> None:
    page.visit(server)
    page.run(CATCH_SOCKET)
    other.visit(server)
    page.join(other.create_code())
    for each in (page, other):
        each.wait_until_connected()
    page.run(FLOOD)
    page.wait_for_text("notice", "The server has let go of this call.")
    page.wait_for_status("Connected, but the server is gone")
    page.wait_for_text("explanation", "The call goes on without it")
    page.inspect("call-server-ended-connection")
    page.wait_for_picture()
    page.say("Still here")
    other.wait_for_message("Still here")


def test_a_message_that_is_too_long_costs_the_connection_to_the_server_for_a_moment_only(
    page: DemoPage, other: DemoPage, server: Server
) -> None:
    page.visit(server)
    page.run(CATCH_SOCKET)
    other.visit(server)
    page.join(other.create_code())
    for each in (page, other):
        each.wait_until_connected()
    page.run("window.before = window.socket; window.socket.send('x'.repeat(200_000))")
    page.wait_until(lambda: page.run("return window.socket !== window.before"), "another connection")
    for each in (page, other):
        each.wait_until_connected()
        each.wait_for_picture()


def as_typed(code: str) -> str:
    """A code in the digits of an East Asian keyboard, in two groups, with what one copies along unseen."""
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    return f"{wide[:4]} \u2013 {wide[4:]}\u200b"


def test_a_code_is_read_as_it_is_meant_and_what_is_none_is_sent_nowhere(
    page: DemoPage, other: DemoPage, server: Server
) -> None:
    page.visit(server)
    for text in ("\u200b", "\u2013", "https://example.org/"):
        page.run("document.getElementById('code-input').value = ''")
        page.join(text)
        page.wait_for_text("code-problem", "This is not a code.")
        assert page.focused() == "code-input"
    page.inspect("code-none")
    asked = "return performance.getEntriesByType('resource').filter(({name}) => name.includes('/api/')).length"
    assert page.run(asked) == 0
    page.visit(server, fragment="#code=%E2%80%8B")
    page.wait_for_text("notice", "This is not a code.")
    assert page.run(asked) == 0
    other.visit(server)
    page.join(as_typed(other.create_code()))
    page.wait_until_connected()
    page.click("hang-up")
    page.click("again")
    other.visit(server)
    page.run("document.getElementById('code-input').value = ''")
    page.join(link_with(other.create_code(), server))
    page.wait_until_connected()


def test_a_page_calls_no_server_but_its_own(
    page: DemoPage, server: Server, start_server: Callable[..., Server]
) -> None:
    stranger = start_server()
    page.visit(server)
    assert page.run("return fetch('/healthz').then(({ok}) => ok)")
    outcome = "return fetch(arguments[0], {mode: 'no-cors'}).then(() => 'went', () => 'refused')"
    assert page.run(outcome, f"{stranger.http}/healthz") == "refused"
    refused = """
      return new Promise((resolve) => {
        addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
        try {
          new WebSocket(arguments[0]).onopen = () => resolve('open');
        } catch {}
      })"""
    assert page.run(refused, stranger.ws) == "connect-src"
    page.driver.get_log("browser")  # what it had to complain about is no fault of the page


def test_what_the_browser_cannot_do_is_said(page: DemoPage, other: DemoPage, server: Server) -> None:
    page.visit(server)
    other.visit(server)
    page.run(NO_OFFERS)
    page.join(other.create_code())
    page.wait_for_text("veil-text", "no common codec")
    page.inspect("call-browser-trouble")


def test_a_browser_without_webrtc_is_told_so_and_uses_up_no_code(
    page: DemoPage, other: DemoPage, server: Server
) -> None:
    other.visit(server)
    code = other.create_code()
    with beginning_with(page, NO_WEBRTC):
        page.visit(server, fragment=f"#code={code}")
        page.wait_until_shown("no-webrtc")
        assert not page.element("create").is_enabled() and not page.element("join").is_enabled()
        page.inspect("start-without-webrtc")
    page.follow(link_with(code, server))
    page.wait_until_connected()


def test_the_demo_needs_no_mouse(
    page: DemoPage, other: DemoPage, server: Server, tmp_path: pathlib.Path
) -> None:
    page.visit(server)
    other.visit(server)
    page.tab_to("create")
    page.press(Keys.ENTER)
    page.wait_until_shown("invitation")
    assert page.focused() == "invitation-title", "who does not see it is told"
    for id in ("link", "copy-link", "cancel"):
        page.tab_to(id)
    other.tab_to("code-input")
    other.press(page.text("code").replace(" ", ""), Keys.ENTER)
    for each in (page, other):
        each.wait_until_connected()
        each.wait_until(lambda: each.focused() == "call-title", "the call has the focus")
    page.tab_to("mute")
    page.press(Keys.SPACE)
    other.wait_for_text("remote-devices", "Microphone off")
    page.tab_to("devices")
    page.press(Keys.ENTER)
    for id in ("camera", "microphone", "messages", "chat-input"):
        page.tab_to(id)
    page.press("Typed, not clicked", Keys.ENTER)
    other.wait_for_message("Typed, not clicked")
    page.tab_to("file-input")
    other.tab_to("hang-up")
    other.press(Keys.ENTER)
    other.wait_until_shown("ended")
    other.tab_to("again")
    other.press(Keys.ENTER)
    other.wait_until(lambda: other.focused() == "start-title", "the start has the focus")
