"""Headless Chromium with a fake camera, and the web server that hands it the pages of the tests."""

from __future__ import annotations

import contextlib
import functools
import http.server
import os
import pathlib
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

from selenium import webdriver
from selenium.common.exceptions import WebDriverException

from switchboard import ROOT
from waiting import eventually

PAGES = pathlib.Path(__file__).parent / "pages"
ARTIFACTS = ROOT / ".build/artifacts"
# Two software-rendered browsers share a small machine with the server.
CALL_LIMIT = 30.0


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def page_server() -> Iterator[str]:
    """Serves `pages/` on a loopback port, an origin other than the server's; gives its address."""
    handler = functools.partial(_QuietHandler, directory=str(PAGES))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def program(*names: str) -> str:
    """The path of the first of these programs that this machine has."""
    for name in names:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError(
        f"the browser tests need {' or '.join(names)} in PATH (Debian: chromium, chromium-driver)"
    )


class Browser:
    """One Chromium process with one page of `pages/call.html`."""

    def __init__(self, profile: pathlib.Path) -> None:
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
        ):
            options.add_argument(argument)
        service = webdriver.ChromeService(program("chromedriver"))
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.set_page_load_timeout(CALL_LIMIT)
        self.driver.set_script_timeout(CALL_LIMIT)

    def open(self, pages: str, server: str, code: str) -> None:
        """Loads the page as a person would who knows the code and nothing else."""
        self.driver.get(f"{pages}/call.html?server={server}&code={code}")

    def close_page(self) -> None:
        """Leaves the page; whatever it remembered goes with it."""
        self.driver.execute_script("sessionStorage.clear()")
        self.driver.get("about:blank")

    def look(self, member: str) -> Any:
        """A member of `window.call`."""
        return self.driver.execute_script("return window.call?.[arguments[0]]", member)

    def do(self, action: str, *arguments: object) -> Any:
        """Calls a function of `window.call` and waits for its result."""
        return self.driver.execute_script(
            "return window.call[arguments[0]](...arguments[1])", action, list(arguments)
        )

    def wait_for_phase(self, phase: str) -> None:
        def reached() -> bool:
            failure = self.look("failure")
            assert failure is None, f"the page failed: {failure}, after {self.look('signals')}"
            return bool(self.look("phase") == phase)

        try:
            eventually(reached, CALL_LIMIT, f"page is {phase!r}", interval=0.1)
        except AssertionError as error:
            self.screenshot(f"not-{phase.replace(' ', '-')}")
            raise AssertionError(f"{error}; {self.look('phase')!r} after {self.look('signals')}") from None

    def wait_for_moving_picture(self, frames: int = 15) -> None:
        """The other's camera is decoded and shown, and goes on being so."""
        counters: list[Callable[[], int]] = [
            lambda: int(self.look("framesShown")), lambda: int(self.do("framesDecoded"))
        ]  # fmt: skip
        for count in counters:
            _wait_for_more(count, frames)

    def wait_for_messages(self, count: int) -> None:
        """So many data-channel messages have arrived in the present call."""
        eventually(lambda: len(self.look("received")) >= count, CALL_LIMIT, f"{count} messages", interval=0.1)

    def screenshot(self, name: str) -> None:
        ARTIFACTS.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(ARTIFACTS / f"call-{name}.png"))

    def kill(self) -> None:
        """The browser and all its helper processes die without a word to anybody."""
        for pid in _with_descendants(self.driver.capabilities["goog:processID"]):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def quit(self) -> None:
        with contextlib.suppress(WebDriverException, OSError):  # it may have been killed
            self.driver.quit()


def _wait_for_more(count: Callable[[], int], frames: int) -> None:
    """Waits until a counter of frames has started and gone on by so many."""
    start = eventually(count, CALL_LIMIT, "the first frame arrives", interval=0.1)
    eventually(lambda: count() >= start + frames, CALL_LIMIT, f"{frames} more frames", interval=0.1)


def _with_descendants(pid: int) -> list[int]:
    pids = [pid]
    for children in pathlib.Path("/proc").glob(f"{pid}/task/*/children"):
        with contextlib.suppress(OSError):  # a thread may end while we look
            for child in map(int, children.read_text().split()):
                pids += _with_descendants(child)
    return pids
