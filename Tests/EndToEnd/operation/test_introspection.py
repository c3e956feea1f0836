"""What the server tells about itself: pages, health, metrics and its log."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from websockets.sync.client import connect

from support.rest import Answer, Rest, new_code, new_device
from support.switchboard import Server
from support.waiting import eventually

TOKEN = "very-secret-admin-token"


def families(answer: Answer) -> dict[str, Metric]:
    assert answer.status == 200, answer
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {family.name: family for family in text_string_to_metric_families(answer.body.decode())}


def total(answer: Answer, word: str) -> float:
    """The sum of all counters whose name has this word."""
    return sum(
        sample.value
        for name, family in families(answer).items()
        if family.type == "counter" and word in name
        for sample in family.samples
        if sample.name.endswith("_total") or sample.name == name
    )


def test_the_front_page_is_short_and_logs_a_health_check(start_server: Callable[..., Server]) -> None:
    server = start_server()
    answer = Rest(server).call("GET", "/")
    assert answer.status == 200 and 0 < len(answer.body) < 2_000
    server.wait_for_log("Health check")


def test_a_load_balancer_that_asks_often_writes_one_line(start_server: Callable[..., Server]) -> None:
    server = start_server()
    assert [Rest(server).call("GET", "/").status for _ in range(20)] == [200] * 20
    assert server.stop() == 0
    assert [event["suppressed"] for event in server.events if event.get("message") == "Health check"] == ["0"]


def test_health_and_readiness(shared_server: Server) -> None:
    for path in ("/healthz", "/readyz"):
        assert Rest(shared_server).call("GET", path).status == 200


def test_live_rooms_are_listed_for_a_direct_caller_only(start_server: Callable[..., Server]) -> None:
    server = start_server()
    rest = Rest(server)
    assert rest.call("GET", "/rooms").json == {"rooms": [], "totalRooms": 0}
    with connect(server.ws) as first, connect(server.ws) as second:
        for socket in (first, second):
            socket.recv(timeout=5)
            socket.send('{"type":"join_room","roomId":"listed"}')
            socket.recv(timeout=5)
        rooms = [{"roomId": "listed", "userCount": 2, "full": True}]
        assert rest.call("GET", "/rooms").json == {"rooms": rooms, "totalRooms": 1}
        first.close()
        half = [{"roomId": "listed", "userCount": 1, "full": False}]
        eventually(lambda: rest.call("GET", "/rooms").json["rooms"] == half, 5, "one is left")
    eventually(lambda: rest.call("GET", "/rooms").json["totalRooms"] == 0, 5, "the room is gone")
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        answer = rest.call("GET", "/rooms", headers={header: "for=127.0.0.1"})
        assert (answer.status, answer.error) == (403, "forbidden"), header


@pytest.mark.parametrize("path", ["/rooms", "/metrics"])
def test_the_admin_token_opens_what_is_for_operators(start_server: Callable[..., Server], path: str) -> None:
    rest = Rest(start_server(ADMIN_TOKEN=TOKEN, TRUSTED_PROXIES="127.0.0.1"))
    remote = rest.from_address("198.51.100.7")
    for caller in (rest, remote):
        assert caller.call("GET", path, headers={"Authorization": f"Bearer {TOKEN}"}).status == 200
        for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Bearer {TOKEN}x"}):
            answer = caller.call("GET", path, headers=header)
            assert (answer.status, answer.error) == (401, "unauthorized")
            assert answer.headers["www-authenticate"] == "Bearer"
            assert TOKEN.encode() not in answer.body


def test_metrics_are_prometheus_text_with_what_an_operator_needs(start_server: Callable[..., Server]) -> None:
    server = start_server()
    rest = Rest(server)
    rest.pair(new_device(), new_device())
    found = families(rest.call("GET", "/metrics"))
    ours = {name: family for name, family in found.items() if name.startswith("switchboard_")}
    for word in "connections rooms messages forward pairing refus store memory fds".split():
        assert any(word in name for name in found), f"nothing about {word} in {sorted(found)}"
    assert ours and all(family.documentation for family in ours.values())
    for name, family in ours.items():
        if family.type != "histogram":
            continue
        buckets = [sample.value for sample in family.samples if sample.name.endswith("_bucket")]
        counts = [sample.value for sample in family.samples if sample.name.endswith("_count")]
        assert sum(counts) <= sum(buckets), name


def test_metrics_count_pairings(start_server: Callable[..., Server]) -> None:
    rest = Rest(start_server())
    before = total(rest.call("GET", "/metrics"), "pairing")
    rest.pair(new_device(), new_device())
    eventually(
        lambda: total(rest.call("GET", "/metrics"), "pairing") >= before + 3, 5, "create, accept and check"
    )


def test_neither_log_nor_metrics_hold_what_is_secret(start_server: Callable[..., Server]) -> None:
    server = start_server(LOG_LEVEL="trace", ADMIN_TOKEN=TOKEN, TRUSTED_PROXIES="127.0.0.1")
    rest = Rest(server)
    admin = {"Authorization": f"Bearer {TOKEN}"}
    code, first, second = new_code(), new_device(), new_device()
    tokens = {"client1_token": "first-push-token", "client2_token": "second-push-token"}
    for caller in (rest, rest.from_address("198.51.100.77")):
        caller.create(code, first, **tokens)
        caller.accept(code, second, **tokens)
        caller.accept(f"wrong-{code}", second, **tokens)
        caller.check(code, first, **tokens)
        caller.call("POST", "/api/rooms/accept", f'{{"joinid":"{code}",'.encode())
    with connect(server.ws) as socket:
        socket.recv(timeout=5)
        socket.send('{"type":"join_room","roomId":"r","deviceId":"d"}')
        socket.recv(timeout=5)
        socket.send('{"type":"webrtc_offer","sdp":"v=0 secret-sdp"}')
        socket.recv(timeout=5)
        socket.send('{"type":"ice_candidate","candidate":{"candidate":"secret-candidate"}}')
        socket.recv(timeout=5)
    metrics = rest.call("GET", "/metrics", headers=admin).body.decode()
    assert server.stop() == 0
    for text in (server.log_text(), metrics):
        for secret in (code, *tokens.values(), TOKEN, "secret-sdp", "secret-candidate", "198.51.100.77"):
            assert secret not in text
