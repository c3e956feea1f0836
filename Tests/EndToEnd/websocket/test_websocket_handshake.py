"""The opening handshake (RFC 6455, section 4), on fresh connections and on reused ones."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from support import frames
from support.switchboard import Server
from support.tcp import Connection, Response, read_response, request
from support.wsclient import KEY, Client, RawWebSocket, assert_accepted, handshake, parse

PING_MESSAGE = frames.text('{"type":"ping"}')


def answer(server: Server, data: bytes) -> Response:
    with Connection(server.host, server.port) as connection:
        connection.send(data)
        response = read_response(connection)
        assert response is not None, "the server closed without an answer"
        return response


# What is accepted


@pytest.mark.parametrize("path", ["/", "/ws", "/?token=x", "/ws?a=b&c=d"])
def test_both_paths_upgrade_and_a_query_is_ignored(shared_server: Server, path: str) -> None:
    assert_accepted(answer(shared_server, handshake(path)))


@pytest.mark.parametrize(
    "changes",
    [
        {"Connection": "upgrade"},
        {"Connection": "UPGRADE"},
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "keep-alive,upgrade , foo"},
        {"Upgrade": "WebSocket"},
        {"Upgrade": "WEBSOCKET"},
        {"Upgrade": "h2c, websocket"},
        {"Origin": "https://any.example"},
        {"Origin": "null"},
        {"Sec_WebSocket_Extensions": "permessage-deflate; client_max_window_bits"},
        {"Sec_WebSocket_Protocol": "chat, superchat"},
        {"Content_Length": "0"},
        {"Sec_WebSocket_Key": base64.b64encode(bytes(16)).decode()},
        {"X_Filler": "x" * 4000},
        {"Host": "[::1]:8080"},
    ],
    ids=str,
)
def test_a_correct_handshake_is_accepted(shared_server: Server, changes: dict[str, str]) -> None:
    """Extensions and subprotocols are offers; a server that has none leaves them out of its answer."""
    response = answer(shared_server, handshake(**changes))
    assert_accepted(response, changes.get("Sec_WebSocket_Key", KEY))


def test_field_names_have_no_case_and_spaces_around_values_no_meaning(shared_server: Server) -> None:
    for wire in (
        handshake().replace(b"Sec-WebSocket-Key: ", b"sec-websocket-KEY:"),
        handshake().replace(b"Upgrade: websocket", b"UPGRADE: \t websocket \t"),
        handshake().replace(b"Sec-WebSocket-Version: 13", b"SEC-WEBSOCKET-VERSION:13  "),
    ):
        assert_accepted(answer(shared_server, wire))


def test_connection_may_come_in_several_fields(shared_server: Server) -> None:
    wire = handshake(Connection="keep-alive").replace(b"\r\n\r\n", b"\r\nConnection: Upgrade\r\n\r\n")
    assert_accepted(answer(shared_server, wire))


@pytest.mark.parametrize("size", [1, 7, 100])
def test_the_handshake_may_come_in_any_segments(shared_server: Server, size: int) -> None:
    with Connection(shared_server.host, shared_server.port) as connection:
        connection.send_in_pieces(handshake(), size)
        assert_accepted(read_response(connection))


def test_frames_may_follow_in_the_segment_of_the_handshake(shared_server: Server) -> None:
    join = frames.text('{"type":"join_room","roomId":"same-segment"}')
    with RawWebSocket(shared_server, after=join + PING_MESSAGE + frames.close(1000)) as socket:
        assert socket.next_message("room_joined")["roomId"] == "same-segment"
        socket.expect_pong_message()
        socket.expect_close(1000)


@pytest.mark.parametrize("cut", range(1, 24, 3))
def test_a_frame_may_start_in_the_segment_of_the_handshake(shared_server: Server, cut: int) -> None:
    with RawWebSocket(shared_server, after=PING_MESSAGE[:cut], greeting=False) as socket:
        socket.next_message("connected")
        socket.send(PING_MESSAGE[cut:])
        socket.expect_pong_message()


def test_a_broken_frame_in_the_segment_of_the_handshake_is_refused_as_any(shared_server: Server) -> None:
    with RawWebSocket(shared_server, after=frames.frame(0x7)) as socket:
        socket.expect_close(1002)


def test_a_handshake_may_be_a_later_request_of_a_connection(shared_server: Server) -> None:
    """Proxies keep upstream connections alive and put a handshake on one that carried requests before."""
    with Connection(shared_server.host, shared_server.port) as connection:
        for _ in range(3):
            connection.send(request("GET", "/healthz"))
            first = read_response(connection)
            assert first is not None and first.status == 200 and not first.rest
        connection.send(handshake())
        second = read_response(connection)
        assert_accepted(second)
        assert second is not None
        reader = frames.FrameReader()
        reader.feed(second.rest)
        assert parse(next_payload(connection, reader))["type"] == "connected"
        for _ in range(100):
            connection.send(PING_MESSAGE)
            assert next_payload(connection, reader) == '{"type":"pong"}'
        connection.send(frames.close(1000))
        assert next_payload(connection, reader) == "\x03\xe8"
        assert connection.receive_to_end() == b""


def next_payload(connection: Connection, reader: frames.FrameReader) -> str:
    while (received := reader.next()) is None:
        data = connection.receive()
        assert data, "the server closed"
        reader.feed(data)
    return received.payload.decode("latin-1")


def test_a_pipelined_handshake_is_answered_in_its_turn(shared_server: Server) -> None:
    """Whether it upgrades behind an open request is the server's choice; mixing up the answers is not."""
    with Connection(shared_server.host, shared_server.port) as connection:
        connection.send(request("GET", "/healthz") + handshake("/ws"))
        first = read_response(connection)
        assert first is not None and first.status == 200
        rest = first.rest
        while b"\r\n\r\n" not in rest:
            rest += connection.receive()
        assert rest.startswith((b"HTTP/1.1 101 ", b"HTTP/1.1 4")), rest


def test_wsproto_is_content_with_the_answer(shared_server: Server) -> None:
    for path in ("/", "/ws"):
        client = Client(shared_server, path=path)
        client.assert_nothing_came()
        client.close()


# What is refused


@pytest.mark.parametrize(
    "changes",
    [
        {"Sec_WebSocket_Key": None},
        {"Sec_WebSocket_Key": ""},
        {"Sec_WebSocket_Key": "short"},
        {"Sec_WebSocket_Key": base64.b64encode(bytes(15)).decode()},
        {"Sec_WebSocket_Key": base64.b64encode(bytes(17)).decode()},
        {"Sec_WebSocket_Key": "!" * 22 + "=="},
        {"Sec_WebSocket_Key": KEY.rstrip("=") + "AA"},
        {"Sec_WebSocket_Key": f"{KEY}, {KEY}"},
        {"Host": None},
    ],
    ids=str,
)
def test_a_bad_handshake_is_a_bad_request(shared_server: Server, changes: dict[str, str | None]) -> None:
    answer(shared_server, handshake(**changes)).assert_refusal(400, error="bad_handshake")


@pytest.mark.parametrize("field", [f"Sec-WebSocket-Key: {KEY}", "Host: other", "Sec-WebSocket-Version: 13"])
def test_a_field_that_may_come_once_must_not_come_twice(shared_server: Server, field: str) -> None:
    wire = handshake().replace(b"\r\n\r\n", f"\r\n{field}\r\n\r\n".encode())
    answer(shared_server, wire).assert_refusal(400, error="bad_handshake")


@pytest.mark.parametrize("version", ["0", "7", "8", "12", "14", "255", "013", "13.0", "x", "", "13, 8"])
def test_another_version_is_told_which_one_is_spoken(shared_server: Server, version: str) -> None:
    response = answer(shared_server, handshake(Sec_WebSocket_Version=version))
    response.assert_refusal(426, error="unsupported_version")
    assert response.header("sec-websocket-version") == "13"


def test_no_version_is_refused(shared_server: Server) -> None:
    refusal = answer(shared_server, handshake(Sec_WebSocket_Version=None))
    refusal.assert_refusal(426, error="unsupported_version")


@pytest.mark.parametrize("path", ["/nope", "/ws/", "/ws/more", "/WS", "/%77s%00", "/rooms-nope"])
def test_another_path_is_not_found(shared_server: Server, path: str) -> None:
    answer(shared_server, handshake(path)).assert_refusal(404, error="not_found")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"])
def test_only_get_upgrades(shared_server: Server, method: str) -> None:
    with Connection(shared_server.host, shared_server.port) as connection:
        connection.send(handshake("/", method, Content_Length="0"))
        response = read_response(connection, head_request=method == "HEAD")
        assert response is not None and response.status != 101, response


@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/0.9"])
def test_an_older_http_does_not_upgrade(shared_server: Server, version: str) -> None:
    """RFC 9110, section 7.8: a server must ignore an Upgrade field in an HTTP/1.0 request."""
    with Connection(shared_server.host, shared_server.port) as connection:
        connection.send(handshake("/", "GET", version))
        received = connection.receive()
        assert not received.startswith(b"HTTP/1.1 101"), received


@pytest.mark.parametrize("upgrade", [None, "h2c", "websocketx"])
def test_what_asks_for_no_websocket_gets_the_page(shared_server: Server, upgrade: str | None) -> None:
    assert answer(shared_server, handshake(Upgrade=upgrade)).status == 200


@pytest.mark.parametrize("connection", [None, "keep-alive", "upgrade-insecure", "close"])
def test_an_upgrade_that_the_connection_field_does_not_name_is_refused(
    shared_server: Server, connection: str | None
) -> None:
    refusal = answer(shared_server, handshake(Connection=connection))
    refusal.assert_refusal(400, error="bad_handshake")


@pytest.mark.parametrize(
    "edit",
    [
        lambda wire: wire.replace(b"Upgrade: websocket", b"Upgrade : websocket"),
        lambda wire: wire.replace(b"Upgrade: websocket", b"Upgrade: websocket\r\n folded"),
        lambda wire: wire.replace(b"Host: localhost", b"Host: local\x00host"),
        lambda wire: wire.replace(b"Host: localhost", b"Host localhost"),
        lambda wire: wire.replace(b"GET / HTTP/1.1", b"GET / HTTP/1.1 x"),
        lambda wire: wire.replace(b"GET / HTTP/1.1", b"GET HTTP/1.1"),
    ],
    ids=["space before colon", "folded field", "nul", "no colon", "four words", "no target"],
)
def test_a_handshake_that_is_no_http_is_a_bad_request(
    shared_server: Server, edit: Callable[[bytes], bytes]
) -> None:
    answer(shared_server, edit(handshake())).assert_refusal(400, error="bad_request")


def test_a_handshake_over_the_header_limit_is_refused(shared_server: Server) -> None:
    answer(shared_server, handshake(X_Filler="x" * 20000)).assert_refusal(431, error="headers_too_large")


def test_another_origin_is_forbidden_where_origins_are_listed(start_server: Callable[..., Server]) -> None:
    server = start_server(ALLOWED_ORIGINS="https://app.example,http://localhost:3000")
    for origin in ("https://app.example", "http://localhost:3000", None):
        assert_accepted(answer(server, handshake(Origin=origin)))
    for origin in (
        "https://evil.example",
        "http://app.example",
        "https://app.example.evil",
        "https://app.example:444",
        "null",
    ):
        answer(server, handshake(Origin=origin)).assert_refusal(403, error="origin_not_allowed")
