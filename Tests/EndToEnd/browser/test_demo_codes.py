"""What the demo page says of codes that are wrong, used, expired or none."""

from __future__ import annotations

from selenium.webdriver.common.keys import Keys

from support.demopage import DemoPage, link_with
from support.rest import Rest
from support.switchboard import Server


def test_a_wrong_code_is_said_to_be_wrong_and_can_be_corrected(
    page: DemoPage, other: DemoPage, server: Server
) -> None:
    page.visit(server)
    page.join("")
    page.wait_for_text("code-problem", "Enter the code")
    page.join("000001")
    page.wait_for_text("notice", "Nobody is waiting with the code 000001.")
    assert page.focused() == "code-input"
    page.inspect("code-unknown")
    other.visit(server)
    code = other.create_code()
    page.press(code, Keys.ENTER)  # in place of the wrong one, which is selected
    page.wait_until_connected()
    assert not page.shows("notice")


def test_a_link_with_an_expired_code_says_so(page: DemoPage, server: Server) -> None:
    page.follow(link_with("999999", server))
    page.wait_for_text("notice", "expired")
    assert page.run("return document.getElementById('code-input').value") == "999999"


def test_a_code_that_expires_while_one_waits_is_said_to_have_expired(page: DemoPage, server: Server) -> None:
    page.visit(server)
    page.run("""
      const invitation = {code: '123123', expires: new Date(Date.now() - 1000)};
      sessionStorage.setItem('invitation', JSON.stringify(invitation));""")
    page.driver.refresh()
    page.wait_for_text("notice", "The code has expired.")
    page.inspect("code-expired")


def test_a_code_that_somebody_else_used_is_said_to_be_used(page: DemoPage, server: Server) -> None:
    rest = Rest(server)
    rest.call("POST", "/api/rooms", {"joinid": "314159", "client1": "first", "expiresInSeconds": 60})
    rest.call("POST", "/api/rooms/accept", {"joinid": "314159", "client2": "second"})
    page.visit(server)
    page.join("314159")
    page.wait_for_text("notice", "has been used")
    page.inspect("code-used")


def as_typed(code: str) -> str:
    """A code in the digits of an East Asian keyboard, in two groups, with what one copies along unseen."""
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    return f"{wide[:4]} \u2013 {wide[4:]}\u200b"


def test_a_code_is_read_as_it_is_meant_and_what_is_none_is_sent_nowhere(
    page: DemoPage, other: DemoPage, server: Server
) -> None:
    page.visit(server)
    for text in ("\u200b", "\u2013", "https://example.org/"):
        page.run("document.getElementById('code-input').value = ''")
        page.join(text)
        page.wait_for_text("code-problem", "This is not a code.")
        assert page.focused() == "code-input"
    page.inspect("code-none")
    asked = "return performance.getEntriesByType('resource').filter(({name}) => name.includes('/api/')).length"
    assert page.run(asked) == 0
    page.visit(server, fragment="#code=%E2%80%8B")
    page.wait_for_text("notice", "This is not a code.")
    assert page.run(asked) == 0
    other.visit(server)
    page.join(as_typed(other.create_code()))
    page.wait_until_connected()
    page.click("hang-up")
    page.click("again")
    other.visit(server)
    page.run("document.getElementById('code-input').value = ''")
    page.join(link_with(other.create_code(), server))
    page.wait_until_connected()
