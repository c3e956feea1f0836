"""What docs/client.md shows is run as it is printed, in Chromium and in Firefox."""

from __future__ import annotations

import pathlib
import re
from collections.abc import Callable, Iterator

import pytest

from support.callpage import CALL_LIMIT, CallPage, page_server
from support.certificates import Certificate
from support.chromium import Chromium
from support.firefox import Firefox
from support.switchboard import ROOT, Server
from support.waiting import eventually

PRINTED = "localhost:8080"
"""Where the document's server is. The browsers are told to look for it elsewhere."""
LINES = 30


def examples() -> list[str]:
    return re.findall(r"^```html\n(.*?)^```$", (ROOT / "docs/client.md").read_text(), re.M | re.S)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The document's pages, from another origin than the server's."""
    directory = tmp_path_factory.mktemp("examples")
    for name, text in zip(("call", "script"), examples(), strict=True):
        assert PRINTED in text
        (directory / f"{name}.html").write_text(text)
    with page_server(directory) as address:
        yield address


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def both(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    certificate: Certificate,
    shared_server: Server,
) -> Iterator[list[CallPage]]:
    def profile() -> pathlib.Path:
        return tmp_path_factory.mktemp("profile")

    if request.param == "firefox":
        elsewhere = {"network.socket.forcePort": f"8080={shared_server.port}"}
        firefox = Firefox(profile(), certificate, elsewhere)
        yield [firefox.page(), firefox.page()]
        firefox.quit()
    else:
        rule = f"--host-resolver-rules=MAP {PRINTED} {shared_server.host}:{shared_server.port}"
        started = [Chromium(profile(), [rule]) for _ in range(2)]
        yield list(started)
        for browser in started:
            browser.quit()


def text_of(page: CallPage, script: str, accept: Callable[[str], bool]) -> str:
    def read() -> str:
        text = str(page.run(f"return {script}"))
        return text if accept(text) else ""

    return eventually(read, CALL_LIMIT, f"{script} is as it should be", interval=0.1)


def test_thirty_lines_make_a_call(both: list[CallPage], pages: str) -> None:
    assert len(examples()[0].splitlines()) == LINES
    one, other = both
    for page in both:
        page.go(f"{pages}/call.html")

    one.run("invite.click()")
    line = text_of(one, "line.textContent", lambda text: text.startswith("Your code is"))
    # As somebody types it on an East Asian keyboard who sees it in two groups.
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in line.split()[-1])
    other.run("code.value = arguments[0]; join.requestSubmit()", f"{wide[:4]} {wide[4:]}\u2011")
    for page in both:
        text_of(page, "line.textContent", lambda text: text == "connected")
        text_of(page, "picture.videoWidth", lambda text: int(text) > 0)
        text_of(page, "picture.currentTime", lambda text: float(text) > 1)
        text_of(page, "document.title", lambda text: text in ("direct", "stun"))
        page.go("about:blank")


def test_a_wrong_code_is_told_from_other_troubles(both: list[CallPage], pages: str) -> None:
    page = both[0]
    page.go(f"{pages}/call.html")
    page.run("code.value = 'nobody has this'; join.requestSubmit()")
    text_of(page, "line.textContent", lambda text: text == "not_found_or_expired")
    page.run("code.value = '\\u2013'; join.requestSubmit()")
    text_of(page, "line.textContent", lambda text: text == "invalid_field")


def test_scripts_that_are_no_modules_have_it_too(both: list[CallPage], pages: str) -> None:
    both[0].go(f"{pages}/script.html")
    text_of(both[0], "document.title", lambda text: re.fullmatch(r"\d{8}", text) is not None)
