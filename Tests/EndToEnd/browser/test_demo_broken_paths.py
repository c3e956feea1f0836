"""A call by the demo page whose packets are lost: the path is mended, and meanwhile the page says what is wrong."""

from __future__ import annotations

import pytest

from support.demopage import Pair, meet
from support.switchboard import Server


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
