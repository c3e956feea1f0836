"""The server's own pages in Chromium, used as people use them: by what they see, with mouse or keyboard."""

from __future__ import annotations

import base64
import pathlib
from collections.abc import Callable, Iterable
from typing import Any

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from support.accessibility import grave_findings
from support.callpage import CALL_LIMIT
from support.chromium import Chromium
from support.switchboard import ROOT
from support.waiting import eventually

SCREENSHOTS = ROOT / ".build/screenshots"
DESKTOP, PHONE = (1280, 860), (360, 740)
Scheme = str
"""`light` or `dark`."""

# How the focus is shown; a control that lies hidden in its label shows it there.
FOCUS_RING = """
  const focused = document.activeElement;
  const shown = focused.matches('.visually-hidden') ? focused.closest('label') : focused;
  return getComputedStyle(shown).outlineStyle"""


class SitePage(Chromium):
    """One window with one of the server's pages."""

    def __init__(self, profile: pathlib.Path, arguments: Iterable[str] = ()) -> None:
        downloads = profile / "downloads"
        downloads.mkdir()
        self.downloads = downloads
        super().__init__(profile, [f"--window-size={DESKTOP[0]},{DESKTOP[1]}", *arguments])
        self.driver.execute_cdp_cmd(
            "Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)}
        )

    def element(self, id: str) -> WebElement:
        return self.driver.find_element(By.ID, id)

    def text(self, id: str) -> str:
        """What an element says, be it in sight or not; the parts of it that are hidden too."""
        return str(self.run("return document.getElementById(arguments[0]).textContent", id))

    def shows(self, id: str) -> bool:
        return bool(self.run("return document.getElementById(arguments[0])?.checkVisibility() ?? false", id))

    def click(self, id: str) -> None:
        self.wait_until_shown(id)
        self.element(id).click()

    def type(self, id: str, text: str) -> None:
        self.wait_until_shown(id)
        self.element(id).send_keys(text)

    def press(self, *keys: str) -> None:
        """Keys for whatever has the focus."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def focused(self) -> str:
        """The id of the element that has the focus."""
        return str(self.run("return document.activeElement?.id ?? ''"))

    def tab_to(self, id: str, limit: int = 40) -> None:
        """Gets to an element with the tab key alone, and checks that one can see where one is."""
        for _ in range(limit):
            if self.focused() == id:
                assert self.run(FOCUS_RING) != "none", f"{id} shows no focus"
                return
            self.press(Keys.TAB)
        raise AssertionError(f"{id} is not reached by {limit} tabs; the focus is at {self.focused()!r}")

    def wait_until(self, condition: Callable[[], Any], what: str, limit: float = CALL_LIMIT) -> None:
        try:
            eventually(lambda: bool(condition()), limit, what, interval=0.1)
        except AssertionError as error:
            self.screenshot("failure")
            text = self.run("return document.body.innerText")
            raise AssertionError(f"{error}; the page says: {text}") from None

    def wait_until_shown(self, id: str) -> None:
        self.wait_until(lambda: self.shows(id), f"{id} is shown")

    def wait_for_text(self, id: str, part: str, limit: float = CALL_LIMIT) -> None:
        """A part of an element's text, in sight."""
        self.wait_until(lambda: self.shows(id) and part in self.text(id), f"{id} says {part!r}", limit)

    def use(self, size: tuple[int, int] = DESKTOP, scheme: Scheme = "light") -> None:
        """The window's size and the colours that the system wants."""
        metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == PHONE}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)

    def lose_packets(self, share: int) -> None:
        """Of WebRTC, in percent. It has effect on sockets that were made after the first call."""
        conditions = {"offline": False, "downloadThroughput": -1, "uploadThroughput": -1}
        self.driver.execute_cdp_cmd("Network.enable", {})
        # Without any latency Chromium looks no further.
        some = {"latency": 1, "packetLoss": share}
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions | some)

    def keep_packets(self) -> None:
        """From now on nothing is emulated."""
        self.driver.execute_cdp_cmd("Network.disable", {})

    def inspect(self, name: str) -> None:
        """In every look: nothing shuts people out, nothing is wider than the window. Keeps a picture."""
        for size, form in ((DESKTOP, "desktop"), (PHONE, "phone")):
            for scheme in ("light", "dark"):
                self.use(size, scheme)
                self.screenshot(f"{name}-{form}-{scheme}")
                assert not (found := grave_findings(self)), f"{name}, {form}, {scheme}: {found}"
                width = self.run("return document.documentElement.scrollWidth")
                assert width <= size[0], f"{name} is {width} pixels wide, the window {size[0]}"
        self.use()

    def assert_keeps_to_itself(self) -> None:
        """Everything came from the server itself, and the browser had nothing to complain about."""
        origin = self.run("return location.origin")
        loaded = self.run("return performance.getEntriesByType('resource').map(({name}) => name)")
        assert loaded
        assert [name for name in loaded if not name.startswith(f"{origin}/")] == []
        complaints = [entry["message"] for entry in self.driver.get_log("browser")]
        assert [text for text in complaints if "Content Security Policy" in text or "rror:" in text] == []

    def screenshot(self, name: str) -> None:
        """The whole page, also what one would have to scroll to."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        picture = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True}
        )
        (SCREENSHOTS / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))
