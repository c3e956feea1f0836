"""Pages of another origin that use the client module, `pages/client.html`, in pairs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from support.callpage import CALL_LIMIT, CallPage
from support.rest import new_device
from support.switchboard import Server
from support.waiting import eventually

Pages = tuple[CallPage, CallPage]
# A path that breaks is noticed after some seconds, and a restart waits its turn.
HEALING_LIMIT = 60.0


def load(page: CallPage, pages: str, server: Server) -> None:
    """Loads the page as a device that nobody has met."""
    page.go(f"{pages}/client.html?server={server.http}&device={new_device()}")
    eventually(lambda: page.run("return !!window.call"), CALL_LIMIT, "the module is loaded")


def pair(one: CallPage, other: CallPage) -> str:
    """Lets the two meet by a code; gives their room."""
    other.do("accept", one.do("invite"))
    eventually(lambda: one.look("roomId"), CALL_LIMIT, "the inviting page has the room")
    assert one.look("roomId") == other.look("roomId")
    return str(one.look("roomId"))


@contextmanager
def connected(both: Pages, pages: str, server: Server, transport: str | None = None) -> Iterator[str]:
    """The two have paired and have a data channel, if asked for through a relay reached by this transport."""
    for page in both:
        load(page, pages, server)
    room = pair(*both)
    for page in both:
        page.do("enter", room, transport)
    wait_for_channel(both)
    yield room
    for page in both:
        page.do("close")
        page.go("about:blank")


def wait_for_channel(both: Pages, limit: float = CALL_LIMIT) -> None:
    """Both ends are open, and what each says reaches the other."""
    for page in both:
        eventually(lambda: page.do("isOpen"), limit, f"channel is open, {page.look('events')}", 0.1)
    for page, other in (both, both[::-1]):
        before = len(other.look("heard"))
        page.do("say", "hello")
        eventually(
            lambda: len(other.look("heard")) > before, limit, f"a message, {other.look('events')}", 0.1
        )


def wait_for_state(page: CallPage, limit: float = CALL_LIMIT, **wanted: object) -> None:
    """Waits until each of these members of the page's state has its value."""

    def reached() -> bool:
        state = page.do("state")
        return all(state[name] == value for name, value in wanted.items())

    try:
        eventually(reached, limit, f"{wanted}", interval=0.1)
    except AssertionError as error:
        raise AssertionError(f"{error}; {page.do('state')} after {page.look('events')}") from None
