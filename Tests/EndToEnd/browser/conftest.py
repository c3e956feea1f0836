"""Fixtures of the tests with browsers: two of the client module's pages, two of the demo page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.callpage import CallPage
from support.certificates import Certificate
from support.chromium import Chromium
from support.clientpage import Pages
from support.demopage import DemoPage
from support.firefox import Firefox
from support.switchboard import Server


@pytest.fixture(scope="module")
def firefoxes(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[Pages]:
    """Two windows of a Firefox, which never binds a channel at a relay."""
    firefox = Firefox(tmp_path_factory.mktemp("profile"), certificate)
    yield firefox.page(), firefox.page()
    firefox.quit()


@pytest.fixture(scope="module", params=["chromium", "firefox", "both"])
def both(
    request: pytest.FixtureRequest, chromiums: tuple[Chromium, Chromium], firefoxes: Pages
) -> tuple[CallPage, CallPage]:
    """Two Chromiums, two windows of a Firefox, one of each."""
    kinds: dict[str, Pages] = {
        "chromium": chromiums, "firefox": firefoxes, "both": (firefoxes[0], chromiums[0])
    }  # fmt: skip
    return kinds[request.param]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for the tests of one file, since wrong codes are counted."""
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
