"""Descriptions as long as browsers make them, and longer than the server takes: the call and its signaling go on."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from support.callpage import CALL_LIMIT, CallPage
from support.chromium import Chromium
from support.clientpage import Pages, connected, load, pair, wait_for_channel, wait_for_state
from support.switchboard import Server
from support.waiting import eventually

REFUSALS = ("failed", "refused")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that takes what the client module takes for the default."""
    limits = {"MAX_MESSAGE_BYTES": 131_072, "MAX_SDP_BYTES": 114_688}
    server = Server(tmp_path_factory.mktemp("server"), **limits).start()
    yield server
    assert server.stop() == 0, server.log_text()


@pytest.fixture(scope="module")
def small_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One that takes offers of a few lines only, also of browsers that say less in a line."""
    server = Server(tmp_path_factory.mktemp("small"), MAX_SDP_BYTES=10_000).start()
    yield server
    assert server.stop() == 0, server.log_text()


@pytest.fixture(scope="module", params=["chromium", "firefox"])
def both(request: pytest.FixtureRequest, chromiums: tuple[Chromium, Chromium], firefoxes: Pages) -> Pages:
    return {"chromium": chromiums, "firefox": firefoxes}[request.param]


def refusals(page: CallPage) -> list[str]:
    return [event for event in page.look("events") if event.startswith(REFUSALS)]


@contextmanager
def beginning_with(both: Pages, pages: str, server: Server, preparation: str) -> Iterator[CallPage]:
    """The two have paired and meet; the first, which this script has prepared, makes the first offer."""
    for page in both:
        load(page, pages, server)
    room = pair(*both)
    both[0].run(preparation)
    both[0].do("enter", room, None)
    eventually(lambda: "joined" in both[0].look("events"), CALL_LIMIT, "the first is in the room")
    both[1].do("enter", room, None)
    yield both[0]
    for page in both:
        page.do("close")
        page.go("about:blank")


def wait_for_measurements(page: CallPage, count: int) -> None:
    """So many more offers were made, if only to be measured."""
    before = page.look("measured")
    eventually(lambda: page.look("measured") >= before + count, CALL_LIMIT, "offers are measured", 0.1)


def wait_for_lines(both: Pages, count: int) -> None:
    """Both sides have agreed on so many lines of video."""

    def agreed() -> bool:
        return all(
            (page.do("negotiated")["signalingState"], page.do("negotiated")["lines"]) == ("stable", count)
            for page in both
        )

    try:
        eventually(agreed, CALL_LIMIT, f"{count} lines", 0.2)
    except AssertionError as error:
        states = [(page.do("negotiated"), page.look("events")[-8:]) for page in both]
        raise AssertionError(f"{error}; {states}") from None


@pytest.mark.parametrize("offerer", [0, 1])
def test_sixteen_and_twenty_eight_lines_of_video_are_negotiated(
    chromiums: tuple[Chromium, Chromium], pages: str, server: Server, offerer: int
) -> None:
    with connected(chromiums, pages, server):
        page = chromiums[offerer]
        page.do("addLines", 16)
        wait_for_lines(chromiums, 16)
        page.do("addLines", 12)
        wait_for_lines(chromiums, 28)
        assert page.do("negotiated")["bytes"] > 65_536, "this would be no test"
        wait_for_channel(chromiums)
        assert [refusals(each) for each in chromiums] == [[], []]


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param({"MAX_MESSAGE_BYTES": 65_536, "MAX_SDP_BYTES": 49_152}, id="closed-with-1009"),
        pytest.param({"MAX_MESSAGE_BYTES": 131_072, "MAX_SDP_BYTES": 49_152}, id="refused-by-the-server"),
    ],
)
@pytest.mark.parametrize("offerer", [0, 1])
def test_an_offer_that_an_earlier_server_does_not_take_costs_nothing_but_itself(
    chromiums: tuple[Chromium, Chromium],
    pages: str,
    tmp_path: pathlib.Path,
    limits: dict[str, int],
    offerer: int,
) -> None:
    server = Server(tmp_path, **limits).start()
    try:
        with connected(chromiums, pages, server):
            page = chromiums[offerer]
            page.do("addLines", 28)
            eventually(lambda: refusals(page), CALL_LIMIT, "it is told", 0.1)
            eventually(
                lambda: page.do("negotiated")["signalingState"] == "stable", CALL_LIMIT, "it is taken back", 0.1
            )
            for each in chromiums:
                wait_for_state(each, signaling="open", isReady=True, peer="connected")
            wait_for_channel(chromiums)
            page.do("stopLines", 4)
            wait_for_lines(chromiums, 4)
            wait_for_channel(chromiums)
            assert refusals(page) == ["refused too_large", "failed too_large"]
            assert [each.look("connections") for each in chromiums] == [1, 1]
    finally:
        assert server.stop() == 0, server.log_text()


def test_an_offer_that_is_measured_as_too_long_is_never_sent(
    chromiums: tuple[Chromium, Chromium], pages: str, server: Server
) -> None:
    with connected(chromiums, pages, server):
        page = chromiums[0]
        page.do("addLines", 60)
        eventually(lambda: refusals(page), CALL_LIMIT, "it is told", 0.1)
        eventually(
            lambda: page.do("negotiated")["signalingState"] == "stable", CALL_LIMIT, "it is taken back", 0.1
        )
        wait_for_channel(chromiums)
        for each in chromiums:
            wait_for_state(each, signaling="open", isReady=True, peer="connected")
        page.do("stopLines", 2)
        wait_for_lines(chromiums, 2)
        assert refusals(page) == ["failed too_large"], "it is told once"
        assert "signaling waiting" not in page.look("events")


def test_a_refused_offer_is_taken_back_and_made_again_when_it_is_short_enough(
    both: Pages, pages: str, small_server: Server
) -> None:
    with connected(both, pages, small_server):
        page = both[0]
        page.do("addLines", 28)
        eventually(lambda: refusals(page), CALL_LIMIT, "it is told", 0.1)
        eventually(
            lambda: page.do("negotiated")["signalingState"] == "stable", CALL_LIMIT, "it is taken back", 0.1
        )
        wait_for_channel(both)
        page.do("stopLines", 2)
        wait_for_lines(both, 2)
        wait_for_channel(both)
        assert refusals(page) == ["refused too_large", "failed too_large"]
        assert [each.look("connections") for each in both] == [1, 1]


@pytest.mark.parametrize(
    ("limits", "lines", "told"),
    [
        pytest.param({}, 60, ["failed too_large"], id="measured"),
        pytest.param(
            {"MAX_MESSAGE_BYTES": 65_536, "MAX_SDP_BYTES": 49_152},
            28,
            ["refused too_large", "failed too_large"],
            id="closed-with-1009",
        ),
        pytest.param(
            {"MAX_SDP_BYTES": 49_152}, 28, ["refused too_large", "failed too_large"], id="refused-by-the-server"
        ),
    ],
)
def test_a_first_offer_that_is_too_long_costs_the_call_nothing(
    chromiums: tuple[Chromium, Chromium],
    pages: str,
    tmp_path: pathlib.Path,
    limits: dict[str, int],
    lines: int,
    told: list[str],
) -> None:
    server = Server(tmp_path, **limits).start()
    try:
        with beginning_with(chromiums, pages, server, f"call.firstLines = {lines}") as page:
            eventually(lambda: told[-1] in refusals(page), CALL_LIMIT, "it is told", 0.1)
            page.run("call.firstLines = 0")
            page.do("stopLines", 2)
            wait_for_lines(chromiums, 2)
            wait_for_channel(chromiums)
            offers = page.look("offers")
            wait_for_measurements(page, 3)
            assert page.look("offers") == offers, "Chromium asks for offers without end, and is not heard"
            page.do("addLines", 1)
            wait_for_lines(chromiums, 3)
            assert refusals(page) == told
    finally:
        assert server.stop() == 0, server.log_text()


def test_a_short_offer_that_the_server_refuses_is_not_made_again_and_again(
    chromiums: tuple[Chromium, Chromium], pages: str, tmp_path: pathlib.Path
) -> None:
    server = Server(tmp_path, MAX_SDP_BYTES=4_096).start()
    try:
        with beginning_with(chromiums, pages, server, "call.firstLines = 1") as page:
            eventually(lambda: refusals(page), CALL_LIMIT, "it is told", 0.1)
            wait_for_measurements(page, 4)
            # The next one may be some bytes shorter, for example by its random numbers.
            assert page.look("offers") <= 5
            page.do("stopLines", 0)
            wait_for_channel(chromiums)
    finally:
        assert server.stop() == 0, server.log_text()


def test_a_candidate_that_the_server_refuses_takes_no_offer_back(
    chromiums: tuple[Chromium, Chromium], pages: str, tmp_path: pathlib.Path
) -> None:
    server = Server(tmp_path, MAX_CANDIDATE_BYTES=512).start()
    try:
        with beginning_with(chromiums, pages, server, "call.isNextCandidateLong = true") as page:
            wait_for_channel(chromiums)
            eventually(lambda: len(refusals(page)) == 2, CALL_LIMIT, "it is told", 0.1)
            assert refusals(page) == ["refused too_large", "failed too_large"]
            assert (page.look("connections"), page.look("offers")) == (1, 1)
            page.do("addLines", 1)
            wait_for_lines(chromiums, 1)
    finally:
        assert server.stop() == 0, server.log_text()
