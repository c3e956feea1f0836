"""Headless Chromium with a fake camera."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil
import signal
from collections.abc import Iterable
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException

from support.callpage import CALL_LIMIT, CallPage


def program(*names: str) -> str:
    """The path of the first of these programs that this machine has."""
    for name in names:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError(
        f"the browser tests need {' or '.join(names)} in PATH (Debian: chromium, chromium-driver)"
    )


class Chromium(CallPage):
    """One Chromium process with one page."""

    def __init__(self, profile: pathlib.Path, arguments: Iterable[str] = ()) -> None:
        """The profile is a directory of its own; the arguments are further ones for its command line."""
        self._profile = profile
        options = webdriver.ChromeOptions()
        options.binary_location = program("chromium", "chromium-browser", "google-chrome")
        for argument in (
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            "--allow-loopback-in-peer-connection",
            "--disable-features=WebRtcHideLocalIpsWithMdns",
            "--autoplay-policy=no-user-gesture-required",
            "--window-size=760,480",
            f"--user-data-dir={profile}",
            *arguments,
        ):
            options.add_argument(argument)
        service = webdriver.ChromeService(program("chromedriver"))
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.set_page_load_timeout(CALL_LIMIT)
        self.driver.set_script_timeout(CALL_LIMIT)

    def go(self, url: str) -> None:
        self.driver.get(url)

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def save_screenshot(self, path: pathlib.Path) -> None:
        self.driver.save_screenshot(str(path))

    def kill(self) -> None:
        """The browser and all its helper processes die without a word to anybody."""
        # A link into a directory of its own in /tmp, which only a browser that quits removes.
        lock = (self._profile / "SingletonSocket").readlink().parent
        for pid in _with_descendants(self.driver.capabilities["goog:processID"]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(lock, ignore_errors=True)

    def quit(self) -> None:
        with contextlib.suppress(WebDriverException, OSError):  # it may have been killed
            self.driver.quit()


def _with_descendants(pid: int) -> list[int]:
    pids = [pid]
    for children in pathlib.Path("/proc").glob(f"{pid}/task/*/children"):
        with contextlib.suppress(OSError):  # a thread may end while we look
            for child in map(int, children.read_text().split()):
                pids += _with_descendants(child)
    return pids
