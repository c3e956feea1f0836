"""The demo page in two browsers: they pair, call, chat and send files, and the call outlives what happens to it."""

from __future__ import annotations

import hashlib
import pathlib
import random
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from chromium import program
from demopage import DemoPage, meet
from switchboard import Server

FILE_BYTES = 20_000_000
OUTAGE = 10.0
SITE = "call.example.org"
"""A name for the server that only these browsers know; it is no secure context."""
Pair = tuple[DemoPage, DemoPage]


@pytest.fixture(scope="module")
def browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    rules = f"--host-resolver-rules=MAP {SITE} 127.0.0.1"
    started = [DemoPage(tmp_path_factory.mktemp(f"profile-{number}"), [rules]) for number in (1, 2)]
    yield started[0], started[1]
    for browser in started:
        browser.quit()


@pytest.fixture
def pair(browsers: Pair) -> Iterator[Pair]:
    yield browsers
    for browser in browsers:
        browser.leave_site()


@pytest.fixture
def lossy_pair(pair: Pair) -> Iterator[Pair]:
    """Whose packets can be lost."""
    for page in pair:
        page.lose_packets(0)
    yield pair
    for page in pair:
        page.keep_packets()


@pytest.fixture
def call(pair: Pair, shared_server: Server) -> Pair:
    """Two in a call, after one typed the other's code."""
    meet(*pair, shared_server)
    return pair


def test_two_who_share_a_code_see_and_hear_each_other(pair: Pair, shared_server: Server) -> None:
    host, guest = pair
    host.visit(shared_server)
    host.inspect("start")
    guest.visit(shared_server)
    code = host.create_code()
    assert code.isdigit()
    host.inspect("invitation-on-this-computer")
    guest.join(f"{code[:3]} {code[3:]}")
    for page in pair:
        page.wait_until_connected()
    for page in pair:
        page.wait_for_picture()
        page.wait_for_text("path", "Direct")
        page.wait_for_text("figure-trip", "ms")
        page.wait_until(lambda: page.run("return document.querySelector('#graph .line').getAttribute('d')"), "a graph")
        kinds = page.run("return document.getElementById('remote').srcObject.getTracks().map(({kind}) => kind).sort()")
        assert kinds == ["audio", "video"]
        page.assert_keeps_to_itself()
    host.inspect("call")


def test_a_link_in_a_qr_code_joins_directly(pair: Pair, shared_server: Server, tmp_path: pathlib.Path) -> None:
    host, guest = pair
    host.visit(shared_server, SITE)
    host.wait_until_shown("insecure")
    host.inspect("start-without-https")
    code = host.create_code()
    host.inspect("invitation")
    picture = tmp_path / "qr.png"
    picture.write_bytes(host.element("qr").screenshot_as_png)
    scanned = subprocess.run(
        [program("zbarimg"), "--quiet", "--raw", "--nodbus", str(picture)],
        check=True, capture_output=True, text=True, timeout=20,
    ).stdout.strip()  # fmt: skip
    assert scanned == f"http://{SITE}:{shared_server.port}/demo/#code={code}" == host.text("link")

    guest.leave_site()
    guest.go(scanned)
    for page in pair:
        page.wait_until_connected()
    assert guest.run("return location.hash") == "", "a reload would try the code again"
    guest.wait_for_text("notice", "without https")
    guest.inspect("call-without-https")
    guest.say("No camera here")
    host.wait_for_message("No camera here")


def test_an_address_that_means_this_computer_gets_no_qr_code(pair: Pair, shared_server: Server) -> None:
    host, _ = pair
    host.visit(shared_server, "localhost")
    host.create_code()
    host.wait_for_text("only-here", "localhost")
    assert not host.shows("qr")


def test_what_one_writes_the_other_reads(call: Pair) -> None:
    one, other = call
    one.say("Can you <b>read</b> this?")
    other.wait_for_message("Can you <b>read</b> this?")
    other.say("Yes, all of it.")
    one.wait_for_message("Yes, all of it.")
    assert one.text("messages").count("You: Can you") == 1


def test_devices_that_are_switched_off_are_told_to_the_other(call: Pair) -> None:
    one, other = call
    one.click("mute")
    other.wait_for_text("remote-devices", "Microphone off")
    one.click("blind")
    other.wait_for_text("remote-devices", "Camera off")
    one.wait_for_text("self-note", "Camera off")
    one.click("devices")
    assert one.run("return document.getElementById('camera').options.length") > 0
    assert one.run("return document.getElementById('microphone').options.length") > 0
    one.inspect("call-devices")
    other.inspect("call-other-switched-off")
    one.click("blind")
    one.click("mute")
    other.wait_until(lambda: not other.shows("remote-devices"), "nothing is off")
    other.wait_for_picture()


def test_a_screen_is_shared_in_place_of_the_camera(call: Pair) -> None:
    one, other = call
    one.click("share")
    other.wait_for_text("remote-devices", "Sharing a screen")
    other.wait_for_picture()
    one.click("share")
    other.wait_until(lambda: not other.shows("remote-devices"), "the camera is back")
    other.wait_for_picture()


def test_a_large_file_arrives_intact_in_both_directions_at_once(call: Pair, tmp_path: pathlib.Path) -> None:
    for page in call:
        page.run(WATCH_BUFFER)
    sent = {}
    for number, page in enumerate(call, start=1):
        file = tmp_path / f"film-{number}.bin"
        file.write_bytes(random.Random(number).randbytes(FILE_BYTES))
        sent[page] = file
        page.send_file(file)
    bars = "return document.querySelectorAll('#files progress').length"
    call[0].wait_until(lambda: call[0].run(bars) == 2, "a bar for each direction")
    call[0].inspect("call-files-travel")
    for page, other in (call, call[::-1]):
        digest = hashlib.sha256(sent[page].read_bytes()).hexdigest()
        assert other.save(sent[page].name, FILE_BYTES) == digest
        page.wait_for_text("files", "Delivered")
        assert page.run("return window.mostBuffered") < 2_000_000, "the sender waits for the channel"
    call[0].inspect("call-files-arrived")


WATCH_BUFFER = """
  const send = RTCDataChannel.prototype.send;
  window.mostBuffered = 0;
  RTCDataChannel.prototype.send = function (data) {
    send.call(this, data);
    window.mostBuffered = Math.max(window.mostBuffered, this.bufferedAmount);
  };"""


def test_a_transfer_can_be_cancelled_by_either_side(call: Pair, tmp_path: pathlib.Path) -> None:
    one, other = call
    file = tmp_path / "long.bin"
    file.write_bytes(bytes(200_000_000))
    cancel = "document.querySelector(`#files [aria-label='Cancel: long.bin']`)?.click()"
    for canceller in call:
        one.send_file(file)
        canceller.wait_until(lambda: canceller.shows("files") and "Cancel" in canceller.text("files"), "it travels")
        canceller.run(cancel)
        for page in call:
            page.wait_until(lambda: page.run("return document.querySelectorAll('#files progress').length") == 0, "it stops")
    small = tmp_path / "small.txt"
    small.write_text("still in step")
    one.send_file(small)
    assert other.save("small.txt", 13) == hashlib.sha256(b"still in step").hexdigest()


@pytest.mark.parametrize("reloader", [0, 1])
def test_the_call_comes_back_after_a_reload(call: Pair, reloader: int) -> None:
    reloading, staying = call[reloader], call[1 - reloader]
    reloading.driver.refresh()
    for page in call:
        page.wait_until_connected()
    for page in call:
        page.wait_for_picture()
    reloading.say("Here again")
    staying.wait_for_message("Here again")


def test_a_code_outlives_a_reload(pair: Pair, shared_server: Server) -> None:
    host, guest = pair
    host.visit(shared_server)
    code = host.create_code()
    host.driver.refresh()
    host.wait_until_shown("invitation")
    assert host.text("code").replace(" ", "") == code
    guest.visit(shared_server, fragment=f"#code={code}")
    for page in pair:
        page.wait_until_connected()


def test_the_call_goes_on_while_the_server_is_gone(pair: Pair, start_server: Callable[..., Server]) -> None:
    server = start_server()
    server.settings["PORT"] = str(server.port)
    meet(*pair, server)
    server.kill()
    down_until = time.monotonic() + OUTAGE
    for page in pair:
        page.wait_for_status("Connected, but the server is gone")
        page.wait_for_text("explanation", "Reconnecting to the server")
    pair[0].inspect("call-server-gone")
    while time.monotonic() < down_until:
        pair[0].say(remaining := f"{down_until - time.monotonic():.1f} seconds to go")
        pair[1].wait_for_message(remaining)
        pair[1].wait_for_picture()
    server.start()
    for page in pair:
        page.wait_until_connected()
    pair[1].say("The server is back")
    pair[0].wait_for_message("The server is back")
    for page in pair:
        page.wait_for_picture()


def test_a_path_that_breaks_is_mended(lossy_pair: Pair, shared_server: Server) -> None:
    meet(*lossy_pair, shared_server)
    for page in lossy_pair:
        page.lose_packets(100)
    for page in lossy_pair:
        page.wait_for_status("Reconnecting…")
    lossy_pair[0].inspect("call-reconnecting")
    for page in lossy_pair:
        page.lose_packets(0)
    for page in lossy_pair:
        page.wait_until_connected()
    for page in lossy_pair:
        page.wait_for_picture()
    lossy_pair[0].say("Mended")
    lossy_pair[1].wait_for_message("Mended")


def test_a_call_that_finds_no_path_says_why(lossy_pair: Pair, shared_server: Server) -> None:
    host, guest = lossy_pair
    for page in lossy_pair:
        page.visit(shared_server)
        page.lose_packets(100)
    guest.join(host.create_code())
    host.wait_for_status("No connection came about", 60)
    host.wait_for_text("veil", "this server offers no relay")
    host.wait_until_shown("veil-check")
    host.inspect("call-no-path")
    for page in lossy_pair:
        page.lose_packets(0)
    for page in lossy_pair:
        page.wait_until_connected()


def test_a_call_that_is_being_set_up_survives_the_loss_of_the_server(
    pair: Pair, start_server: Callable[..., Server]
) -> None:
    server = start_server()
    server.settings["PORT"] = str(server.port)
    host, guest = pair
    host.visit(server)
    guest.visit(server)
    code = host.create_code()
    server.kill()
    host.wait_for_text("waiting-text", "cannot be reached")
    host.inspect("invitation-server-gone")
    guest.join(code)
    guest.wait_for_text("notice", "The server cannot be reached.")
    guest.inspect("start-server-gone")
    server.start()
    host.wait_for_text("waiting-text", "Waiting for the other person")
    guest.click("join")
    for page in pair:
        page.wait_until_connected()


def test_who_hangs_up_can_save_what_came_and_the_other_is_told(call: Pair, tmp_path: pathlib.Path) -> None:
    one, other = call
    file = tmp_path / "notes.txt"
    file.write_text("worth keeping")
    one.send_file(file)
    other.wait_for_text("files", "Received")
    other.click("hang-up")
    other.wait_until_shown("ended")
    assert other.focused() == "ended-title"
    other.inspect("ended")
    assert other.save("notes.txt", 13) == hashlib.sha256(b"worth keeping").hexdigest()
    one.wait_for_status("The other person has left")
    one.inspect("call-other-left")
    one.click("veil-action")
    one.wait_until_shown("start")
