"""The page that makes calls, `pages/call.html`, in whatever browser, and the server that hands it out."""

from __future__ import annotations

import abc
import contextlib
import functools
import http.server
import pathlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from support.switchboard import ROOT, Server
from support.waiting import eventually

PAGES = pathlib.Path(__file__).parent / "pages"
ARTIFACTS = ROOT / ".build/artifacts"
# Two software-rendered browsers share a small machine with the server.
CALL_LIMIT = 30.0


FREE_GUESSES: dict[str, object] = {"ACCEPT_FAILURES": 1_000, "GLOBAL_ACCEPT_FAILURES_PER_MINUTE": 6_000}
"""Settings of servers that the pages call: pages of another origin are not local, all have one address, and each call
begins with a look whether its code is there, which is a guess."""


class _QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def page_server(directory: pathlib.Path = PAGES) -> Iterator[str]:
    """Serves `pages/` on a loopback port, an origin other than the server's; gives its address."""
    handler = functools.partial(_QuietHandler, directory=str(directory))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class CallPage(abc.ABC):
    """One page of some browser."""

    @abc.abstractmethod
    def go(self, url: str) -> None:
        """Loads what is at an address."""

    @abc.abstractmethod
    def run(self, script: str, *arguments: object) -> Any:
        """The value of a function's body, whose `arguments` these are; a promise is waited for."""

    @abc.abstractmethod
    def save_screenshot(self, path: pathlib.Path) -> None:
        """Writes what the page shows, as PNG."""

    def open(self, pages: str, server: Server, code: str, **query: str) -> None:
        """Loads the page as a person would who knows the code and, but for the query, nothing else."""
        more = "".join(f"&{name}={value}" for name, value in query.items())
        self.go(f"{pages}/call.html?server={server.host}:{server.port}&code={code}{more}")

    def close_page(self) -> None:
        """Leaves the page; whatever it remembered goes with it."""
        self.run("sessionStorage.clear()")
        self.go("about:blank")

    def look(self, member: str) -> Any:
        """A member of `window.call`."""
        return self.run("return window.call?.[arguments[0]]", member)

    def do(self, action: str, *arguments: object) -> Any:
        """Calls a function of `window.call` and waits for its result."""
        return self.run("return window.call[arguments[0]](...arguments[1])", action, list(arguments))

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
        self.save_screenshot(ARTIFACTS / f"call-{name}.png")


def _wait_for_more(count: Callable[[], int], frames: int) -> None:
    """Waits until a counter of frames has started and gone on by so many."""
    start = eventually(count, CALL_LIMIT, "the first frame arrives", interval=0.1)
    eventually(lambda: count() >= start + frames, CALL_LIMIT, f"{frames} more frames", interval=0.1)
