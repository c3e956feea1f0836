"""What clients are told of STUN and TURN servers, however those are configured."""

from __future__ import annotations

import json
import pathlib
import time
from collections.abc import Callable
from typing import Any

import pytest

from support.commands import switchboard
from support.rest import Answer, Rest, new_device
from support.switchboard import Server
from support.wsclient import Client as WebSocket
from support.wsclient import new_room

StartServer = Callable[..., Server]
ELSEWHERE = "turn:turn.example.org:3478?transport=udp,turns:[2001:db8::1]:5349?transport=tcp"


def ask(server: Server) -> Answer:
    """The answer to a member of a new paired room."""
    first, second = new_device(), new_device()
    room = Rest(server).pair(first, second)
    return Rest(server).call("GET", f"/api/ice-servers?roomid={room}&client={second}")


def join(server: Server) -> dict[str, Any]:
    with WebSocket(server) as socket:
        return dict(socket.join(new_room()))


def test_without_any_server_clients_are_told_of_none(start_server: StartServer) -> None:
    server = start_server(USE_RELAY=0)
    assert ask(server).json == {"iceServers": []}
    assert set(join(server)) == {"type", "roomId", "userCount", "isInitiator", "ready"}


def test_servers_of_others_are_told_as_they_are(start_server: StartServer) -> None:
    others = [
        {"urls": ["stun:stun.example.org:3478"]},
        {"urls": ["turn:turn.example.org"], "username": 'u"ser', "credential": "p\\ass"},
    ]
    server = start_server(USE_RELAY=0, ICE_SERVERS=json.dumps(others))
    assert ask(server).json == {"iceServers": others}
    joined = join(server)
    assert joined["iceServers"] == others and "iceServersExpire" not in joined


def test_a_server_elsewhere_takes_the_place_of_the_relay(start_server: StartServer) -> None:
    server = start_server(
        TURN_URLS=ELSEWHERE, USE_RELAY=1, RELAY_SECRETS="north", ICE_CREDENTIAL_LIFETIME=60, ICE_SERVERS="stun:other"
    )
    for message in (ask(server).json, join(server)):
        turn, other = message["iceServers"]
        assert turn["urls"] == ELSEWHERE.split(",")
        assert other == {"urls": ["stun:other"]}
        assert turn["username"].startswith(f"{message['iceServersExpire']}:")
        assert 50 <= message["iceServersExpire"] - time.time() <= 60
        verified = switchboard(
            server.directory, "credentials", "verify", "--username", turn["username"],
            "--credential", turn["credential"], RELAY_SECRETS="north",
        )  # fmt: skip
        assert verified.stdout == "valid\n"
    assert not any(event["message"] == "relay listening" for event in server.events)


def test_a_server_elsewhere_that_knows_only_users_gets_one(start_server: StartServer, tmp_path: pathlib.Path) -> None:
    (tmp_path / "turnserver.conf").write_text("lt-cred-mech\nuser=testuser:testpass\n")
    server = start_server(TURN_URLS=ELSEWHERE, TURN_CONFIG="turnserver.conf")
    message = join(server)
    assert message["iceServers"] == [
        {"urls": ELSEWHERE.split(","), "username": "testuser", "credential": "testpass"}
    ]
    assert "iceServersExpire" not in message


def test_the_relay_is_told_by_the_name_that_was_set(start_server: StartServer) -> None:
    server = start_server(
        USE_RELAY=1, RELAY_PORT=0, RELAY_IPS="127.0.0.1", RELAY_LISTEN_IPS="127.0.0.1", ICE_HOST="turn.example.org"
    )
    (listening,) = [event for event in server.events if event["message"] == "relay listening"]
    udp, tcp = (listening[transport].rpartition(":")[2] for transport in ("udp", "tcp"))
    stun, turn = join(server)["iceServers"]
    assert stun == {"urls": [f"stun:turn.example.org:{udp}"]}
    assert turn["urls"] == [
        f"turn:turn.example.org:{udp}?transport=udp",
        f"turn:turn.example.org:{tcp}?transport=tcp",
    ]


def test_answers_with_credentials_may_be_read_by_pages_and_not_be_cached(start_server: StartServer) -> None:
    answer = ask(start_server(TURN_URLS=ELSEWHERE, RELAY_SECRETS="north"))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"


def test_credentials_are_not_logged(start_server: StartServer) -> None:
    server = start_server(TURN_URLS=ELSEWHERE, RELAY_SECRETS="north-by-north", LOG_LEVEL="trace")
    (turn,) = ask(server).json["iceServers"]
    assert server.stop() == 0
    for word in (turn["username"], turn["credential"], "north-by-north"):
        assert word not in server.log_text()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"TURN_URLS": ELSEWHERE}, "TURN_URLS needs a credential for that server"),
        ({"TURN_URLS": "http://turn.example.org"}, "TURN_URLS"),
        ({"ICE_SERVERS": "turn:no.credential"}, "ICE_SERVERS (secret)"),
        ({"ICE_HOST": "turn:3478"}, 'ICE_HOST "turn:3478"'),
        ({"RELAY_IPS": "203.0.113.1"}, "203.0.113.1 is no address of this machine"),
        ({"RELAY_CERT": "nowhere.pem"}, "RELAY_KEY"),
        ({"RELAY_CERT": "nowhere.pem", "RELAY_KEY": "nowhere.pem"}, "nowhere.pem"),
    ],
)
def test_what_cannot_work_stops_the_start(
    tmp_path: pathlib.Path, settings: dict[str, str], expected: str
) -> None:
    started = switchboard(tmp_path, "serve", PORT=0, RELAY_PORT=0, RELAY_TLS_PORT=0, **settings)
    assert started.code in (1, 2), started
    assert expected in started.stderr
