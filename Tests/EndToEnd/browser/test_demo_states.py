"""What the demo page says when something is not as it should be, and who can use it."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

from selenium.webdriver.common.keys import Keys

from support.demopage import DemoPage, beginning_with, link_with, meet
from support.switchboard import Server

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
