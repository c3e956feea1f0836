"""The demo page where camera, microphone or sound cannot be had, at first or at all."""

from __future__ import annotations

import pathlib

from support.demopage import DemoPage, meet
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
