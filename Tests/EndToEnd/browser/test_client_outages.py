"""The client module in real browsers while the server is gone, or the relay with it: the connection lasts or is mended."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from support.callpage import CALL_LIMIT
from support.certificates import Certificate
from support.clientpage import HEALING_LIMIT, Pages, connected, wait_for_channel, wait_for_state
from support.deployment import deployment
from support.ports import free_port
from support.switchboard import Server
from support.waiting import eventually

OUTAGE = 10.0


def test_the_connection_outlives_the_server_for_ten_seconds(
    both: Pages, pages: str, start_server: Callable[..., Server]
) -> None:
    server = start_server(PORT=free_port())
    one, other = both
    with connected(both, pages, server):
        generation = one.do("generation")
        server.stop()
        stopped = time.monotonic()
        for page in both:
            wait_for_state(page, signaling="waiting", isReady=False, peer="connected")
        # The path does not need the server.
        wait_for_channel(both)
        time.sleep(max(0.0, stopped + OUTAGE - time.monotonic()))
        server.start()
        for page in both:
            wait_for_state(page, signaling="open", isReady=True, peer="connected")
        eventually(lambda: one.do("generation") != generation, CALL_LIMIT, "ICE was restarted", 0.1)
        wait_for_channel(both)
        assert [page.look("connections") for page in both] == [1, 1], [page.look("events") for page in both]


def test_a_path_that_breaks_with_its_relay_is_mended(
    both: Pages, pages: str, tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> None:
    directory = tmp_path_factory.mktemp("breaking")
    with deployment("embedded", directory, certificate, PORT=free_port()) as relaying:
        with connected(both, pages, relaying.server, "udp"):
            relaying.server.kill()
            for page in both:
                wait_for_state(page, HEALING_LIMIT, signaling="waiting", peer="interrupted")
            relaying.server.start()
            for page in both:
                wait_for_state(page, HEALING_LIMIT, signaling="open", isReady=True, peer="connected")
            wait_for_channel(both, HEALING_LIMIT)
            assert [page.look("connections") for page in both] == [1, 1]
