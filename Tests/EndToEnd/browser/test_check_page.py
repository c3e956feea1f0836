"""The network check in Chromium: what it finds, what it advises, and its report."""

from __future__ import annotations

import contextlib
import json
import pathlib
from collections.abc import Callable, Iterator

import pytest
from selenium.webdriver.common.by import By

from support.certificates import Certificate
from support.demopage import beginning_with
from support.deployment import deployment
from support.ports import free_port
from support.rest import Rest, new_code, new_device
from support.sitepage import SitePage
from support.switchboard import Server

ADDRESS = "198.51.100.7"
RELAYED = ("TURN over UDP", "TURN over TCP", "TURN over TLS")
ROW = "return document.getElementById(`row-${arguments[0].toLowerCase().replaceAll(' ', '-')}`).innerText"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, certificate: Certificate) -> Iterator[SitePage]:
    trust = f"--ignore-certificate-errors-spki-list={certificate.key_pin}"
    page = SitePage(tmp_path_factory.mktemp("profile"), [trust])
    yield page
    page.quit()


def check(page: SitePage, server: Server) -> None:
    page.go(f"{server.http}/check/")
    wait_for_end(page)


def wait_for_end(page: SitePage) -> None:
    page.wait_until(lambda: page.element("copy").is_enabled(), "the check has ended", 60)


@contextlib.contextmanager
def seen_as(page: SitePage, address: str) -> Iterator[None]:
    """To a server that believes this machine about its clients' addresses."""
    page.driver.execute_cdp_cmd("Network.enable", {})
    page.driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {"X-Forwarded-For": address}})
    yield
    page.driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", {"headers": {}})
    page.driver.execute_cdp_cmd("Network.disable", {})


def use_up_creates(rest: Rest) -> None:
    """Leaves this address nothing to create for a while."""
    assert any(rest.create(new_code(), new_device()).status == 429 for _ in range(100))


def row(page: SitePage, way: str) -> str:
    return " ".join(str(page.run(ROW, way)).split())


def test_every_way_works_where_nothing_is_blocked(
    page: SitePage, tmp_path: pathlib.Path, certificate: Certificate
) -> None:
    with deployment("embedded", tmp_path, certificate) as deployed:
        check(page, deployed.server)
        for way in ("HTTP", "WebSocket", "STUN over UDP", *RELAYED):
            text = row(page, way)
            assert "Works" in text and " ms" in text, text
        for way in RELAYED:
            assert "went through the relay and back" in row(page, way)
        page.wait_for_text("verdict", "Calls work from this network.")
        page.assert_keeps_to_itself()
        page.inspect("check-all-works")


def test_a_server_without_a_relay_is_told_from_a_relay_that_does_not_answer(
    page: SitePage, start_server: Callable[..., Server], tmp_path: pathlib.Path
) -> None:
    check(page, start_server())
    for way in ("STUN over UDP", *RELAYED):
        assert "Not offered" in row(page, way)
    page.wait_for_text("meaning", "USE_RELAY")
    page.inspect("check-no-relay")

    closed = f"127.0.0.1:{free_port()}"
    urls = [f"turn:{closed}?transport=udp", f"turn:{closed}?transport=tcp", f"turns:{closed}?transport=tcp"]
    account = {"username": "somebody", "credential": "secret"}
    (tmp_path / "second").mkdir()
    blocked = start_server(
        tmp_path / "second",
        ICE_SERVERS=json.dumps([{"urls": f"stun:{closed}"}, *({"urls": url} | account for url in urls)]),
    )
    check(page, blocked)
    for way in ("STUN over UDP", *RELAYED):
        assert "Fails" in row(page, way) and closed in row(page, way), row(page, way)
    page.wait_for_text("verdict", "Calls will hardly work")
    page.inspect("check-blocked")


def test_wrong_credentials_are_named_as_such(
    page: SitePage, start_server: Callable[..., Server], tmp_path: pathlib.Path, certificate: Certificate
) -> None:
    with deployment("embedded", tmp_path, certificate) as deployed:
        url = f"turn:localhost:{deployed.conf.port}?transport=udp"
        wrong = [{"urls": url, "username": "2000000000:nobody", "credential": "wrong"}]
        (tmp_path / "second").mkdir()
        check(page, start_server(tmp_path / "second", ICE_SERVERS=json.dumps(wrong)))
        assert "refuses the credentials" in row(page, "TURN over UDP")


def test_paired_rooms_only_are_no_obstacle(
    page: SitePage, tmp_path: pathlib.Path, certificate: Certificate
) -> None:
    with deployment("embedded", tmp_path, certificate, ROOM_POLICY="paired") as deployed:
        check(page, deployed.server)
        assert "Works" in row(page, "TURN over TCP")


def test_no_list_of_servers_is_not_taken_for_servers_that_are_silent(
    page: SitePage, tmp_path: pathlib.Path, certificate: Certificate
) -> None:
    rooms = {"ROOM_POLICY": "paired", "CREATES_PER_MINUTE": 1, "TRUSTED_PROXIES": "127.0.0.1"}
    with deployment("embedded", tmp_path, certificate, **rooms) as deployed, seen_as(page, ADDRESS):
        use_up_creates(Rest(deployed.server).from_address(ADDRESS))
        check(page, deployed.server)
        text = row(page, "WebSocket")
        assert "Works" in text and "no list of STUN and TURN servers, though: Too many invitations" in text, text
        for way in ("STUN over UDP", *RELAYED, "IPv6"):
            assert "Not tried" in row(page, way)
        page.wait_for_text("verdict", "Calls could not be tried.")
        assert page.run("return document.getElementById('summary').dataset.tone") == "warn"
        page.inspect("check-no-list")


def test_a_browser_without_webrtc_is_told_so(page: SitePage, start_server: Callable[..., Server]) -> None:
    with beginning_with(page, "delete window.RTCPeerConnection;"):
        check(page, start_server())
        page.wait_for_text("verdict", "This browser makes no calls.")
        for way in ("STUN over UDP", *RELAYED):
            assert "WebRTC is switched off" in row(page, way)
        page.inspect("check-no-webrtc")


def test_the_report_is_copied_as_text(page: SitePage, start_server: Callable[..., Server]) -> None:
    server = start_server()
    check(page, server)
    allowed = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": server.http}
    page.driver.execute_cdp_cmd("Browser.grantPermissions", allowed)
    page.tab_to("copy")
    page.press(" ")
    page.wait_for_text("copied", "Copied.")
    report = str(page.run("return navigator.clipboard.readText()"))
    assert f"127.0.0.1:{server.port}" in report
    for way in ("HTTP", "WebSocket", "STUN over UDP", *RELAYED, "IPv6"):
        assert sum(line.startswith(way) for line in report.splitlines()) == 1, report
    assert page.text("verdict") in report


def test_a_server_that_has_gone_is_found_by_checking_again(
    page: SitePage, start_server: Callable[..., Server]
) -> None:
    server = start_server()
    check(page, server)
    server.kill()
    page.click("again")
    wait_for_end(page)
    assert "Fails" in row(page, "HTTP")
    page.wait_for_text("verdict", "The server cannot be reached.")
    page.inspect("check-server-gone")


def test_the_front_page_leads_to_the_others(page: SitePage, start_server: Callable[..., Server]) -> None:
    server = start_server()
    page.go(server.http)
    page.inspect("front")
    page.driver.find_element(By.LINK_TEXT, "Check this network").click()
    wait_for_end(page)
    page.assert_keeps_to_itself()
