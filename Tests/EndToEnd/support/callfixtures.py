"""Fixtures of the tests that have browsers call each other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.callpage import page_server
from support.certificates import Certificate
from support.chromium import Chromium


@pytest.fixture(scope="module")
def pages() -> Iterator[str]:
    """Where the tests' own pages are served."""
    with page_server() as address:
        yield address


@pytest.fixture(scope="module")
def chromiums(
    tmp_path_factory: pytest.TempPathFactory, certificate: Certificate
) -> Iterator[tuple[Chromium, Chromium]]:
    """Two that trust the certificate of the TURN servers."""
    trust = f"--ignore-certificate-errors-spki-list={certificate.key_pin}"
    started = [Chromium(tmp_path_factory.mktemp(f"profile-{number}"), [trust]) for number in (1, 2)]
    yield started[0], started[1]
    for browser in started:
        browser.quit()
