"""Behind a real nginx that keeps its connections to the server and uses them for whatever comes next."""

from __future__ import annotations

import contextlib
import json
import pathlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from support.nginx import Nginx
from support.rest import Rest, new_code, new_device
from support.switchboard import Server

TRUSTED = {"TRUSTED_PROXIES": "127.0.0.1"}
CANDIDATES = 50


@contextlib.contextmanager
def open_socket(nginx: Nginx, path: str = "/") -> Iterator[ClientConnection]:
    with connect(nginx.ws + path, open_timeout=10, ping_interval=None, proxy=None) as socket:
        assert receive(socket)["type"] == "connected"
        yield socket


def receive(socket: ClientConnection, limit: float = 10) -> Any:
    return json.loads(socket.recv(timeout=limit))


def send(socket: ClientConnection, **message: object) -> None:
    socket.send(json.dumps(message))


def answers(socket: ClientConnection) -> bool:
    send(socket, type="ping")
    return bool(receive(socket)["type"] == "pong")


def test_rest_calls_share_one_connection_to_the_server(
    start_server: Callable[..., Server], tmp_path: pathlib.Path
) -> None:
    with Nginx(start_server(**TRUSTED), tmp_path, keepalive=1) as nginx:
        rest = Rest(nginx)
        for _ in range(5):
            assert rest.room(rest.pair(new_device(), new_device())).status == 200
        assert rest.call("GET", "/api/nowhere").status == 404
        assert rest.call("POST", "/api/rooms", b"{").status == 400
        assert (nginx.opened(), nginx.reused()) == (1, 21)


def test_a_websocket_may_begin_on_a_connection_that_carried_requests(
    start_server: Callable[..., Server], tmp_path: pathlib.Path
) -> None:
    with Nginx(start_server(**TRUSTED), tmp_path, keepalive=1) as nginx:
        rest = Rest(nginx)
        for number, path in enumerate(("/", "/ws", "/"), start=1):
            roomid = rest.pair(new_device(), new_device())
            before = nginx.reused()
            with open_socket(nginx, path) as socket:
                assert (nginx.opened(), nginx.reused()) == (number, before + 1)
                send(socket, type="join_room", roomId=roomid)
                assert receive(socket)["roomId"] == roomid
                assert answers(socket)
                assert rest.room(roomid).status == 200, "the next call gets a connection of its own"


def test_requests_and_sockets_mix_on_few_connections(
    start_server: Callable[..., Server], tmp_path: pathlib.Path
) -> None:
    with Nginx(start_server(**TRUSTED), tmp_path) as nginx:
        rest = Rest(nginx)

        def visit(_: int) -> None:
            for _ in range(5):
                roomid = rest.pair(new_device(), new_device())
                with open_socket(nginx) as socket:
                    send(socket, type="join_room", roomId=roomid)
                    assert receive(socket)["type"] == "room_joined"
                    assert rest.room(roomid).status == 200
                    assert answers(socket)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(visit, range(4)))
        # 20 sockets take a connection each for good; the 80 requests share the others.
        assert nginx.reused() >= 60 and nginx.opened() <= 60


def call(nginx: Nginx, number: int) -> None:
    """Two devices pair and exchange all the signaling of a call, while REST calls go on beside it."""
    rest = Rest(nginx)
    roomid = rest.pair(new_device(), new_device())
    with open_socket(nginx) as caller, open_socket(nginx) as callee:
        for socket in (caller, callee):
            send(socket, type="join_room", roomId=roomid)
            assert receive(socket)["type"] == "room_joined"
        assert receive(caller) | {"message": ""} == {
            "type": "room_ready",
            "roomId": roomid,
            "message": "",
            "userCount": 2,
            "isInitiator": True,
        }
        assert receive(callee)["isInitiator"] is False
        for sender, receiver, kind in ((caller, callee, "webrtc_offer"), (callee, caller, "webrtc_answer")):
            send(sender, type=kind, sdp=f"v=0 call {number} {kind} " + "x" * 4_000)
            forwarded = receive(receiver)
            assert (forwarded["type"], forwarded["roomId"]) == (kind, roomid)
            assert forwarded["sdp"].startswith(f"v=0 call {number} {kind}")
            for candidate in range(CANDIDATES):
                send(sender, type="ice_candidate", candidate={"candidate": str(candidate), "sdpMid": "0"})
            assert rest.room(roomid).status == 200
            received = [receive(receiver)["candidate"]["candidate"] for _ in range(CANDIDATES)]
            assert received == [str(candidate) for candidate in range(CANDIDATES)]
        send(caller, type="leave_room")
        assert receive(caller) == {"type": "left_room", "roomId": roomid}
        assert receive(callee)["type"] == "peer_left"


def test_eight_calls_at_once(start_server: Callable[..., Server], tmp_path: pathlib.Path) -> None:
    with Nginx(start_server(**TRUSTED), tmp_path) as nginx, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: call(nginx, number), range(8)))


@pytest.mark.parametrize(("ping_interval", "lives"), [(0.5, True), (60, False)])
def test_pings_keep_an_idle_socket_open_through_the_proxy(
    start_server: Callable[..., Server], tmp_path: pathlib.Path, ping_interval: float, lives: bool
) -> None:
    """nginx cuts what is silent for two seconds, unless the server pings."""
    server = start_server(PING_INTERVAL=ping_interval, **TRUSTED)
    with Nginx(server, tmp_path, read_timeout="2s") as nginx, open_socket(nginx) as socket:
        if lives:
            with pytest.raises(TimeoutError):
                socket.recv(timeout=6)
            assert answers(socket)
        else:
            with pytest.raises(ConnectionClosed):
                socket.recv(timeout=6)


def test_who_guesses_is_locked_out_alone(start_server: Callable[..., Server], tmp_path: pathlib.Path) -> None:
    with Nginx(start_server(**TRUSTED), tmp_path) as nginx:
        attacker, other = Rest(nginx, source="127.0.0.2"), Rest(nginx, source="127.0.0.3")
        code = new_code()
        assert other.create(code, new_device()).status == 201
        assert [attacker.accept(new_code(), new_device()).status for _ in range(10)] == [404] * 10
        assert attacker.accept(code, new_device()).status == 429
        disguised = attacker.from_address("198.51.100.7")
        assert disguised.accept(code, new_device()).status == 429, "a claimed address counts for nothing"
        assert other.accept(code, new_device()).status == 200


def test_the_list_of_rooms_is_not_for_callers_through_the_proxy(
    start_server: Callable[..., Server], tmp_path: pathlib.Path
) -> None:
    server = start_server(**TRUSTED)
    with Nginx(server, tmp_path) as nginx:
        assert Rest(nginx).call("GET", "/rooms").status == 403
        assert Rest(server).call("GET", "/rooms").status == 200
