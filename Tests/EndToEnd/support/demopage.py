"""The demo page as people use it."""

from __future__ import annotations

import contextlib
import hashlib
import pathlib
from collections.abc import Iterator

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from support.callpage import CALL_LIMIT
from support.sitepage import SitePage
from support.switchboard import Server

# What the page decodes of the other's video.
FRAMES = "return document.getElementById('remote').getVideoPlaybackQuality().totalVideoFrames"


class DemoPage(SitePage):
    """One window with the demo."""

    def visit(self, server: Server, host: str = "", fragment: str = "") -> None:
        """Opens the page afresh, as somebody who has never been there."""
        self.leave_site()
        self.use()
        self.go(f"http://{host or server.host}:{server.port}/demo/{fragment}")

    def follow(self, link: str) -> None:
        """Opens a link with a code, as somebody who has never been there, and joins."""
        self.leave_site()
        self.use()
        self.go(link)
        self.agree()

    def agree(self) -> None:
        """Answers yes when the page asks whether to enter a call."""
        self.wait_until_shown("question")
        self.wait_until(lambda: self.element("question-yes").is_enabled(), "it can be answered")
        self.click("question-yes")

    def leave_site(self) -> None:
        """Forgets what the tab remembers, and goes where no page is."""
        if str(self.run("return location.protocol")).startswith("http"):
            self.run("sessionStorage.clear()")
        self.go("about:blank")

    def create_code(self) -> str:
        self.click("create")
        self.wait_until_shown("invitation")
        return self.text("code").replace(" ", "")

    def join(self, code: str) -> None:
        self.type("code-input", code + Keys.ENTER)

    def wait_for_status(self, status: str, limit: float = CALL_LIMIT) -> None:
        self.wait_for_text("status", status, limit)

    def wait_until_connected(self) -> None:
        self.wait_until(lambda: self.text("status") == "Connected", "connected")

    def wait_for_picture(self) -> None:
        """The other's picture moves."""
        start = int(self.run(FRAMES))
        self.wait_until(lambda: int(self.run(FRAMES)) >= start + 15, "the other's picture moves")

    def say(self, text: str) -> None:
        self.wait_until(lambda: self.element("chat-send").is_enabled(), "one can write")
        self.type("chat-input", text + Keys.ENTER)

    def wait_for_message(self, text: str) -> None:
        self.wait_for_text("messages", f"Other person: {text}")

    def send_file(self, path: pathlib.Path) -> None:
        self.wait_until(lambda: self.element("file-input").is_enabled(), "files can be sent")
        self.element("file-input").send_keys(str(path))

    def save(self, name: str, size: int) -> str:
        """Saves a file that has been received; gives the SHA-256 of what was saved."""
        self.wait_until(lambda: self._links(name), f"{name} can be saved", 2 * CALL_LIMIT)
        self._links(name)[0].click()
        saved = self.downloads / name
        self.wait_until(lambda: saved.exists() and saved.stat().st_size == size, f"{name} is saved")
        return hashlib.sha256(saved.read_bytes()).hexdigest()

    def _links(self, name: str) -> list[WebElement]:
        """The links in sight that save a file."""
        found = self.driver.find_elements(By.CSS_SELECTOR, f"a[download='{name}']")
        return [link for link in found if link.is_displayed()]


Pair = tuple[DemoPage, DemoPage]


def link_with(code: str, server: Server, host: str = "") -> str:
    """What the page of an invitation shows."""
    return f"http://{host or server.host}:{server.port}/demo/#code={code}"


@contextlib.contextmanager
def beginning_with(page: SitePage, script: str) -> Iterator[None]:
    """Runs a script in every document before its own ones."""
    added = page.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
    yield
    page.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", added)


def meet(host: DemoPage, guest: DemoPage, server: Server) -> str:
    """Brings two into a call; gives the code by which they met."""
    host.visit(server)
    guest.visit(server)
    code = host.create_code()
    guest.join(code)
    for page in (host, guest):
        page.wait_until_connected()
    return code
