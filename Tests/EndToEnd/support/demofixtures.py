"""Fixtures of the tests of the demo page: two browsers that may be in a call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.demopage import DemoPage, Pair, meet
from support.switchboard import Server

SITE = "call.example.org"
"""A name for the server that only these browsers know; it is no secure context."""


@pytest.fixture(scope="module")
def demo_browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    rules = f"--host-resolver-rules=MAP {SITE} 127.0.0.1"
    started = [DemoPage(tmp_path_factory.mktemp(f"profile-{number}"), [rules]) for number in (1, 2)]
    yield started[0], started[1]
    for browser in started:
        browser.quit()


@pytest.fixture
def pair(demo_browsers: Pair) -> Iterator[Pair]:
    yield demo_browsers
    for browser in demo_browsers:
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
