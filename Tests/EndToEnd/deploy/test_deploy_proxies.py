"""The configurations of `deploy/` for nginx and Caddy, run by Debian's, carry what clients and operators need."""

from __future__ import annotations

import http.client
import json
import pathlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.certificates import Certificate
from support.proxies import CaddySite, NginxSite, Proxy, SecureClient, any_certificate
from support.rest import Answer, Rest, new_code, new_device
from support.switchboard import Server

CANDIDATES = 50
LARGE = 40_000
"""Octets of a session description that do not fit into one buffer of a proxy."""


class SecureRest(Rest):
    """The same calls over TLS, by the name that the proxy goes by."""

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        sent = {"Content-Type": "application/json"} | self.headers | dict(headers or {})
        source = (self.source, 0) if self.source else None
        connection = http.client.HTTPSConnection(
            self.at.host, self.at.port, timeout=15, source_address=source, context=any_certificate()
        )
        try:
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            response = connection.getresponse()
            fields = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, fields, response.read())
        finally:
            connection.close()


@pytest.fixture
def server(start_server: Callable[..., Server]) -> Server:
    return start_server(TRUSTED_PROXIES="127.0.0.1,::1")


@pytest.fixture(params=[NginxSite, CaddySite], ids=["nginx", "caddy"])
def proxy(
    request: pytest.FixtureRequest,
    server: Server,
    tmp_path: pathlib.Path,
    certificate: Certificate,
) -> Iterator[Proxy]:
    with request.param(server, tmp_path, certificate) as running:
        yield running


def signal_a_call(proxy: Proxy) -> None:
    """Two devices pair, and exchange over WSS all that a call needs."""
    roomid = SecureRest(proxy).pair(new_device(), new_device())
    with SecureClient(proxy) as caller, SecureClient(proxy) as callee:
        for client in (caller, callee):
            client.join(roomid)
        for client in (caller, callee):
            client.next("room_ready")
        for sender, receiver, kind in ((caller, callee, "webrtc_offer"), (callee, caller, "webrtc_answer")):
            sender.send(kind, sdp="v=0 " + "x" * LARGE)
            assert len(str(receiver.next(kind)["sdp"])) == LARGE + 4
            for number in range(CANDIDATES):
                sender.send("ice_candidate", candidate={"candidate": str(number), "sdpMid": "0"})
            for number in range(CANDIDATES):
                receiver.next("ice_candidate")
                assert f'"candidate":"{number}"' in receiver.raw
        caller.close()
        callee.next("peer_disconnected")


def test_four_calls_at_once_are_signaled_over_wss(proxy: Proxy) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: signal_a_call(proxy), range(4)))


def test_plain_http_is_sent_to_https(proxy: Proxy) -> None:
    answer = Rest(HTTPSide(proxy)).call("GET", "/demo/?code=1")
    assert answer.status == 308
    assert answer.headers["location"].startswith(f"https://{proxy.host}")
    assert answer.headers["location"].endswith("/demo/?code=1")


def test_browsers_are_told_to_come_by_https_at_once(proxy: Proxy) -> None:
    field = "strict-transport-security"
    stranger = SecureRest(proxy, source="127.0.0.2")
    statuses = {}
    for path in ("/demo/", "/nothing-here", "/metrics"):
        answer = stranger.call("GET", path)
        statuses[answer.status] = answer.headers.get(field)
    assert statuses == dict.fromkeys((200, 404, 403), "max-age=31536000")
    # RFC 6797 section 7.2: never over plain HTTP.
    assert field not in Rest(HTTPSide(proxy)).call("GET", "/demo/").headers


def test_also_while_the_server_is_away(proxy: Proxy, server: Server) -> None:
    assert server.stop() == 0
    answer = SecureRest(proxy).call("GET", "/demo/")
    assert answer.status == 502
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


class HTTPSide:
    """Where the proxy takes plain HTTP."""

    def __init__(self, proxy: Proxy) -> None:
        self.host, self.port = proxy.host, proxy.http_port


def test_limits_hit_the_client_and_not_the_proxy(proxy: Proxy) -> None:
    guesser, other = SecureRest(proxy, source="127.0.0.2"), SecureRest(proxy, source="127.0.0.3")
    code = new_code()
    assert other.create(code, new_device()).status == 201
    assert [guesser.accept(new_code(), new_device()).status for _ in range(10)] == [404] * 10
    assert guesser.accept(code, new_device()).status == 429
    disguised = SecureRest(proxy, "127.0.0.2", {"X-Forwarded-For": "198.51.100.7"})
    assert disguised.accept(code, new_device()).status == 429, "a claimed address counts for nothing"
    assert other.accept(code, new_device()).status == 200


def test_what_operators_look_at_is_not_for_others(proxy: Proxy) -> None:
    stranger = SecureRest(proxy, source="127.0.0.2")
    for path in ("/metrics", "/metrics/", "/rooms", "/rooms/"):
        assert stranger.call("GET", path).status == 403, path
    assert SecureRest(proxy, source="127.0.0.1").call("GET", "/metrics").status == 200
    assert stranger.call("GET", "/readyz").status == 200


def test_the_pages_are_served_through_it(proxy: Proxy) -> None:
    page = SecureRest(proxy).call("GET", "/demo/")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "default-src 'none'" in page.headers["content-security-policy"]
