"""A call by the demo page outlives reloads, an absent server and a broken path, and says so meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from demopage import Pair, link_with, meet
from switchboard import Server

OUTAGE = 10.0
WATCH_STATUS = """
  const status = document.getElementById('status');
  window.said = new Set();
  new MutationObserver(() => window.said.add(status.textContent)).observe(status, {childList: true});"""


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
    guest.follow(link_with(code, shared_server))
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
        page.run(WATCH_STATUS)
    pair[0].inspect("call-server-gone")
    while time.monotonic() < down_until:
        pair[0].say(remaining := f"{down_until - time.monotonic():.1f} seconds to go")
        pair[1].wait_for_message(remaining)
        pair[1].wait_for_picture()
    for page in pair:
        assert page.run("return [...window.said]") == [], "an attempt to reconnect is no news"
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


@pytest.mark.timeout(240)  # Browsers take a minute to give a path up.
def test_a_call_that_finds_no_path_says_why_and_one_that_loses_it_says_so(
    lossy_pair: Pair, shared_server: Server
) -> None:
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
    for page in lossy_pair:
        page.lose_packets(100)
    host.wait_for_status("The connection is lost", 60)
    host.inspect("call-path-lost")
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
