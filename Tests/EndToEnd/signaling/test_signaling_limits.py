"""Limits on messages, joins and connections, each with the reaction that the contract documents."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from support import frames
from support.switchboard import Server
from support.tcp import Connection, read_response
from support.wsclient import Client, RawWebSocket, assert_accepted, handshake, new_room, pair

PING_MESSAGE = frames.text('{"type":"ping"}')
POLICY_VIOLATION = 1008
StartServer = Callable[..., Server]


# Sizes of members


@pytest.mark.parametrize("type", ["webrtc_offer", "webrtc_answer"])
def test_a_description_over_112_kib_is_an_error(shared_server: Server, type: str) -> None:
    first, second = pair(shared_server)
    with first, second:
        first.send(type, sdp="x" * 114700)
        first.next_error("too_large")
        first.send(type, sdp="x" * 114600)
        assert second.next(type)["sdp"] == "x" * 114600
        first.assert_nothing_came()


def test_a_candidate_over_4_kib_is_an_error(shared_server: Server) -> None:
    first, second = pair(shared_server)
    with first, second:
        for member, length in (("candidate", 4096), ("other", 4096), ("candidate", 120000)):
            candidate = {"candidate": "c", "sdpMLineIndex": 0, "sdpMid": "0"} | {member: "x" * length}
            first.send("ice_candidate", candidate=candidate)
            first.next_error("too_large")
        fitting = {"candidate": "x" * 3900, "sdpMLineIndex": 0, "sdpMid": "0"}
        first.send("ice_candidate", candidate=fitting)
        assert second.next("ice_candidate")["candidate"] == fitting
        first.assert_nothing_came()


# Messages and joins


def test_messages_over_the_rate_are_errors_and_then_allowed_again(start_server: StartServer) -> None:
    server = start_server(MESSAGE_RATE=5, MESSAGE_BURST=5)
    with Client(server) as client:
        for _ in range(10):
            client.send("ping")
        answers = [client.next() for _ in range(10)]
        assert [answer["type"] for answer in answers[:5]] == ["pong"] * 5
        refused = [answer for answer in answers if answer["type"] == "error"]
        assert len(refused) >= 3 and {answer["code"] for answer in refused} == {"rate_limited"}
        deadline = time.monotonic() + 10
        answer = refused[-1]
        while answer["type"] == "error":
            assert time.monotonic() < deadline
            time.sleep(0.3)
            client.send("ping")
            answer = client.next()
        assert answer == {"type": "pong"}


def test_a_message_over_the_rate_is_not_forwarded(start_server: StartServer) -> None:
    server = start_server(MESSAGE_RATE=0.1, MESSAGE_BURST=5)
    first, second = pair(server)
    with first, second:
        for number in range(8):  # The join was the first of the five.
            first.send("webrtc_offer", sdp=str(number))
        for number in range(4):
            assert second.next("webrtc_offer")["sdp"] == str(number)
        for _ in range(4):
            first.next_error("rate_limited")
        second.assert_nothing_came()


def test_three_times_the_rate_closes_the_connection(start_server: StartServer) -> None:
    server = start_server(MESSAGE_RATE=5, MESSAGE_BURST=5)
    room = new_room()
    with Client(server) as member, RawWebSocket(server) as flooder:
        member.join(room)
        flooder.join(room)
        flooder.next_message("room_ready")
        member.next("room_ready")
        flooder.send(PING_MESSAGE * 60)
        answers: list[str] = []
        while (received := flooder.next_frame()) is not None and received.opcode == frames.TEXT:
            answers.append(json.loads(received.payload).get("code", "pong"))
        assert received is not None and received.close_code == POLICY_VIOLATION, received
        assert 3 <= answers.count("pong") <= 6 and 5 <= answers.count("rate_limited") <= 20, answers
        member.next("peer_disconnected")


def test_the_rate_of_one_connection_is_not_that_of_another(start_server: StartServer) -> None:
    server = start_server(MESSAGE_RATE=5, MESSAGE_BURST=5)
    with Client(server) as noisy, Client(server) as quiet:
        for _ in range(9):
            noisy.send("ping")
        while noisy.next()["type"] != "error":
            pass
        quiet.assert_nothing_came()


def test_the_default_burst_is_500_messages(shared_server: Server) -> None:
    with Client(shared_server) as client:
        client.connection.send(PING_MESSAGE * 700)
        answers = [client.next() for _ in range(700)]
        assert [answer["type"] for answer in answers[:500]] == ["pong"] * 500
        assert {answer.get("code") for answer in answers[500:]} <= {None, "rate_limited"}
        assert answers[-1]["type"] == "error", "200 messages over the burst were all answered"


def test_joins_over_the_rate_are_errors_and_keep_the_room(start_server: StartServer) -> None:
    server = start_server(JOINS_PER_MINUTE=3)
    rooms = [new_room() for _ in range(5)]
    with Client(server) as client, Client(server) as other:
        for room in rooms[:3]:
            client.join(room)
        other.join(rooms[2])
        client.next("room_ready")
        other.next("room_ready")
        for room in rooms[3:]:
            client.send("join_room", roomId=room)
            client.next_error("rate_limited")
        client.send("webrtc_offer", sdp="still in the third room")
        assert other.next("webrtc_offer")["roomId"] == rooms[2]


# Connections


def try_to_connect(server: Server, **fields: str) -> Connection | int | None:
    """The open connection, the status of a refusal, or None if the server closed without an answer."""
    connection = Connection(server.host, server.port)
    connection.send(handshake(**fields))
    response = read_response(connection)
    if response is None:
        return None
    if response.status == 101:
        assert_accepted(response)
        return connection
    response.assert_refusal(429, error="rate_limited")
    assert int(response.header("retry-after") or "1") > 0
    connection.close()
    return response.status


def connected(server: Server, **fields: str) -> Connection:
    answer = try_to_connect(server, **fields)
    assert isinstance(answer, Connection), f"refused with {answer}"
    return answer


def wait_until_connected(server: Server, **fields: str) -> Connection:
    """A place becomes free a moment after a client has gone."""
    deadline = time.monotonic() + 10
    while True:
        answer = try_to_connect(server, **fields)
        if isinstance(answer, Connection):
            return answer
        assert time.monotonic() < deadline, f"still refused with {answer}"
        time.sleep(0.05)


def test_connections_per_address_are_limited(start_server: StartServer) -> None:
    server = start_server(
        MAX_CONNECTIONS_PER_ADDRESS=2, TRUSTED_PROXIES="127.0.0.1", CONNECTIONS_PER_MINUTE=1000
    )
    held = [connected(server, X_Forwarded_For="203.0.113.5") for _ in range(2)]
    assert try_to_connect(server, X_Forwarded_For="203.0.113.5") == 429
    assert try_to_connect(server, X_Forwarded_For="198.51.100.1, 203.0.113.5") == 429, (
        "the leftmost hop is a claim"
    )
    held.append(connected(server, X_Forwarded_For="203.0.113.6"))
    held.append(connected(server, X_Forwarded_For="203.0.113.5, 203.0.113.7"))
    held.pop(0).close()
    held.append(wait_until_connected(server, X_Forwarded_For="203.0.113.5"))
    for connection in held:
        connection.close()


def test_new_connections_per_address_are_limited(start_server: StartServer) -> None:
    server = start_server(CONNECTIONS_PER_MINUTE=3, TRUSTED_PROXIES="127.0.0.0/8")
    for _ in range(3):
        connected(server, X_Forwarded_For="203.0.113.5").close()
    assert try_to_connect(server, X_Forwarded_For="203.0.113.5") == 429
    connected(server, X_Forwarded_For="203.0.113.6").close()


def test_a_forwarding_header_without_a_trusted_proxy_names_one_address(start_server: StartServer) -> None:
    server = start_server(MAX_CONNECTIONS_PER_ADDRESS=2, CONNECTIONS_PER_MINUTE=1000)
    held = [connected(server, X_Forwarded_For=f"203.0.113.{number}") for number in (1, 2)]
    assert try_to_connect(server, X_Forwarded_For="203.0.113.3") == 429
    for connection in held:
        connection.close()


def test_a_local_caller_is_exempt_from_limits_per_address(start_server: StartServer) -> None:
    server = start_server(
        MAX_CONNECTIONS_PER_ADDRESS=2, CONNECTIONS_PER_MINUTE=2, TRUSTED_PROXIES="127.0.0.1"
    )
    for connection in [connected(server) for _ in range(10)]:
        connection.close()


def test_connections_in_all_are_limited_for_everybody(start_server: StartServer) -> None:
    server = start_server(MAX_CONNECTIONS=3)
    held = [connected(server) for _ in range(3)]
    assert try_to_connect(server) is None
    held.pop().close()
    wait_until_connected(server).close()
    for connection in held:
        connection.close()
