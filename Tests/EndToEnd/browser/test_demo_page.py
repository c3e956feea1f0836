"""The demo page in two browsers: they pair by typing or by link, see and hear each other, and write."""

from __future__ import annotations

import pathlib
import socket
import subprocess
from collections.abc import Callable

from support.chromium import program
from support.demofixtures import SITE
from support.demopage import DemoPage, Pair, link_with
from support.switchboard import Server


def scan(page: DemoPage, directory: pathlib.Path) -> str:
    """What a camera before the screen would read."""
    picture = directory / "qr.png"
    picture.write_bytes(page.element("qr").screenshot_as_png)
    return subprocess.run(
        [program("zbarimg"), "--quiet", "--raw", "--nodbus", str(picture)],
        check=True, capture_output=True, text=True, timeout=20,
    ).stdout.strip()  # fmt: skip


def address_in_network() -> str | None:
    """The IPv4 address of this machine's default route, or of any interface; None where there is none but loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("193.0.19.3", 443))
        except OSError:
            listed = subprocess.run(["hostname", "-I"], capture_output=True, text=True, timeout=20).stdout.split()
            return next((address for address in listed if "." in address), None)
        address = str(probe.getsockname()[0])
        return None if address.startswith("127.") else address


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
        page.wait_until(
            lambda: page.run("return document.querySelector('#graph .line').getAttribute('d')"), "a graph"
        )
        kinds = page.run(
            "return document.getElementById('remote').srcObject.getTracks().map(({kind}) => kind).sort()"
        )
        assert kinds == ["audio", "video"]
        page.assert_keeps_to_itself()
    host.inspect("call")


def test_a_link_in_a_qr_code_joins_by_one_click(
    pair: Pair, shared_server: Server, tmp_path: pathlib.Path
) -> None:
    host, guest = pair
    host.visit(shared_server, SITE)
    host.wait_until_shown("insecure")
    host.inspect("start-without-https")
    code = host.create_code()
    host.inspect("invitation")
    scanned = scan(host, tmp_path)
    assert scanned == link_with(code, shared_server, SITE) == host.text("link")

    guest.follow(scanned)
    for page in pair:
        page.wait_until_connected()
    assert guest.run("return location.hash") == "", "a reload would try the code again"
    guest.wait_for_text("notice", "without https")
    guest.inspect("call-without-https")
    guest.say("No camera here")
    host.wait_for_message("No camera here")


def test_a_server_for_this_computer_alone_has_no_qr_code(pair: Pair, shared_server: Server) -> None:
    host, _ = pair
    host.visit(shared_server, "localhost")
    host.create_code()
    host.wait_for_text("only-here", "every device takes for itself")
    assert not host.shows("qr")


def test_the_qr_code_of_a_page_at_localhost_leads_to_the_address_in_the_network(
    pair: Pair, start_server: Callable[..., Server], tmp_path: pathlib.Path
) -> None:
    host, guest = pair
    server = start_server(HOST="0.0.0.0")
    host.visit(server, "localhost")
    code = host.create_code()
    address = address_in_network()
    if address is None:
        host.wait_for_text("only-here", "every device takes for itself")
        return
    host.wait_for_text("only-here", f"http://{address}:{server.port}/demo/")
    host.inspect("invitation-in-network")
    assert host.text("link") == f"http://localhost:{server.port}/demo/#code={code}"
    scanned = scan(host, tmp_path)
    assert scanned == f"http://{address}:{server.port}/demo/#code={code}"
    guest.follow(scanned)
    for page in pair:
        page.wait_until_connected()
    guest.say("From the network")
    host.wait_for_message("From the network")


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
