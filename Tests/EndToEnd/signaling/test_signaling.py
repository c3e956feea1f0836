"""Messages: section 3 of the protocol with exact members, and the application messages of section 4."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator

import pytest

from support.switchboard import Server
from support.wsclient import JSON, Client, new_room, pair

CANDIDATE: JSON = {
    "candidate": "candidate:1 1 udp 2122260223 192.0.2.1 54321 typ host generation 0 ufrag x",
    "sdpMLineIndex": 0,
    "sdpMid": "0",
}


@pytest.fixture
def duo(shared_server: Server) -> Iterator[tuple[Client, Client]]:
    """Two clients in a room of their own, the initiator first."""
    first, second = pair(shared_server)
    with first, second:
        yield first, second


# Greeting, ping, errors


def test_connected_comes_first_with_an_id_of_its_own(shared_server: Server) -> None:
    ids = set()
    for _ in range(20):
        with Client(shared_server) as client:
            hello = json.loads(client.raw)
            assert set(hello) == {"type", "clientId", "server"} and hello["type"] == "connected"
            assert isinstance(hello["server"], str) and hello["server"]
            assert str(uuid.UUID(hello["clientId"])) == hello["clientId"].lower()
            ids.add(hello["clientId"])
    assert len(ids) == 20


def test_ping_is_answered_with_pong_in_or_out_of_a_room(shared_server: Server) -> None:
    with Client(shared_server) as client:
        client.send("ping")
        assert client.next() == {"type": "pong"}
        client.join(new_room())
        client.send("ping", timestamp=1, note={"extra": [None]})
        assert client.next() == {"type": "pong"}


def test_binary_frames_hold_the_same_json(duo: tuple[Client, Client]) -> None:
    first, second = duo
    first.send_binary('{"type":"webrtc_offer","sdp":"é"}'.encode())
    assert second.next("webrtc_offer")["sdp"] == "é"
    first.assert_nothing_came()


SIGNALING: list[str] = [
    '{"type":"webrtc_offer","sdp":"v=0"}',
    '{"type":"webrtc_answer","sdp":"v=0"}',
    '{"type":"ice_candidate","candidate":null}',
    '{"type":"key_exchange","publicKey":"k","sessionId":"s","timestamp":1}',
    '{"type":"key_exchange_complete","sessionId":"s"}',
]


@pytest.mark.parametrize("message", SIGNALING)
def test_signaling_without_a_room_is_an_error(shared_server: Server, message: str) -> None:
    with Client(shared_server) as client:
        client.send_text(message)
        client.next_error("not_in_room")
        client.assert_nothing_came()


@pytest.mark.parametrize("message", SIGNALING)
def test_signaling_alone_in_a_room_is_an_error(shared_server: Server, message: str) -> None:
    with Client(shared_server) as client:
        client.join(new_room())
        client.send_text(message)
        client.next_error("peer_absent")
        client.assert_nothing_came()


# Forwarding


@pytest.mark.parametrize("type", ["webrtc_offer", "webrtc_answer"])
def test_a_description_reaches_the_other_peer_only(shared_server: Server, type: str) -> None:
    room = new_room()
    first, second = pair(shared_server, room)
    with first, second, Client(shared_server) as third, Client(shared_server) as stranger:
        third.join(new_room())
        for sender, receiver in ((first, second), (second, first)):
            sender.send(type, sdp="v=0\r\n")
            forwarded = receiver.next(type)
            assert forwarded == {"type": type, "from": sender.id, "roomId": room, "sdp": "v=0\r\n"}
        for client in (first, second, third, stranger):
            client.assert_nothing_came()


SDP_LITERALS = {
    "empty": '""',
    "escapes": r'"v=0\r\no=- \"q\" \\ \/ \b\f\n\t"',
    "escaped unicode": r'"\u00e9\ud83d\ude00\u0000\u001f"',
    "upper and lower hex": r'"\u00E9\u00e9\uD83D\uDE00"',
    "raw unicode": '"é漢😀\u2028\u2029\ufeff\x7f"',
    "looks like json": r'"{\"type\":\"ping\",\"roomId\":\"x\"}"',
    "brackets": '"[[[{{{]]]}}}"',
    "real lines": json.dumps(
        "".join(f"a=candidate:{n} 1 udp {n} 192.0.2.{n % 250} {n} typ host\r\n" for n in range(400))
    ),
}


@pytest.mark.parametrize("name", SDP_LITERALS)
def test_a_description_arrives_octet_for_octet(duo: tuple[Client, Client], name: str) -> None:
    first, second = duo
    literal = SDP_LITERALS[name]
    first.send_text('{"type":"webrtc_offer","sdp":' + literal + "}")
    assert second.next("webrtc_offer")["sdp"] == json.loads(literal)
    assert literal in second.raw


CANDIDATE_START = '{"candidate":"c","sdpMLineIndex":0,"sdpMid":"0",'
CANDIDATE_LITERALS = {
    "null": "null",
    "as browsers write it": json.dumps(CANDIDATE | {"usernameFragment": "x"}, separators=(",", ":")),
    "nulls": '{"candidate":"","sdpMLineIndex":null,"sdpMid":null}',
    "white space": '{ "candidate" :\t"c" ,\r\n"sdpMLineIndex": 0 , "sdpMid" : "audio" }',
    "another order": '{"sdpMid":"0","sdpMLineIndex":1,"candidate":"c"}',
    "members kept": CANDIDATE_START + '"x":{"deep":[1,[2,{"a":null}]]},"y":false}',
    "big numbers": CANDIDATE_START + '"n":123456789012345678901234567890,"f":1.50e+300}',
    "fine numbers": CANDIDATE_START + '"n":0.1000000000000000055511151231257827,"z":-0}',
    "escapes": r'{"candidate":"c\/\u00e9\ud83d\ude00","sdpMLineIndex":0,"sdpMid":"\u0030"}',
    "unicode": '{"candidate":"漢😀","sdpMLineIndex":0,"sdpMid":"é","ключ":"значение"}',
    "spoofed members inside": CANDIDATE_START + '"from":"me","roomId":"r","type":"t"}',
}


@pytest.mark.parametrize("name", CANDIDATE_LITERALS)
def test_a_candidate_arrives_octet_for_octet(duo: tuple[Client, Client], name: str) -> None:
    first, second = duo
    literal = CANDIDATE_LITERALS[name]
    first.send_text('{"type":"ice_candidate","candidate":' + literal + "}")
    forwarded = second.next("ice_candidate")
    assert set(forwarded) == {"type", "from", "roomId", "candidate"} and forwarded["from"] == first.id
    assert forwarded["candidate"] == json.loads(literal)
    assert literal in second.raw
    first.assert_nothing_came()


def test_members_beside_the_payload_are_not_forwarded(duo: tuple[Client, Client]) -> None:
    first, second = duo
    first.send_text(
        '{"from":"spoofed","roomId":"other","extra":1,"sdp":"x","type":"webrtc_offer","server":"s"}'
    )
    forwarded = second.next("webrtc_offer")
    assert set(forwarded) == {"type", "from", "roomId", "sdp"} and forwarded["from"] == first.id


# Application messages


@pytest.mark.parametrize(
    ("type", "members"),
    [
        ("key_exchange", '"publicKey":"MFkw\\/+==","sessionId":"s-1","timestamp":1730000000.123456789'),
        (
            "key_exchange",
            '"publicKey":{"kty":"EC","x":[1,2]},"sessionId":null,"timestamp":12345678901234567890',
        ),
        ("key_exchange_complete", '"sessionId":"s-1"'),
        ("key_exchange_complete", '"sessionId":"\\u0073","more":true,"é":"😀"'),
        ("key_exchange_complete", ""),
    ],
)
def test_an_application_message_keeps_its_members(shared_server: Server, type: str, members: str) -> None:
    room = new_room()
    first, second = pair(shared_server, room)
    with first, second:
        first.send_text('{"type":"' + type + '"' + ("," + members if members else "") + "}")
        expected = json.loads("{" + members + "}") | {"type": type, "from": first.id, "roomId": room}
        assert second.next(type) == expected
        for member in members.split(',"'):
            assert member.strip('"{') in second.raw
        first.assert_nothing_came()


@pytest.mark.parametrize(
    "spoofed",
    [
        '{"type":"key_exchange","from":"victim","roomId":"other","publicKey":"k"}',
        '{"from":{"a":[1]},"publicKey":"k","roomId":null,"type":"key_exchange"}',
        '{"publicKey":"k","type":"key_exchange","from":"a","from":"b","roomId":"r","roomId":"s"}',
        '{ "roomId" : 1 , "type" : "key_exchange" , "publicKey" : "k" , "from" : "victim" }',
        '{"\\u0066rom":"victim","room\\u0049d":"other","type":"key_exchange","publicKey":"k"}',
    ],
)
def test_a_spoofed_sender_is_replaced(shared_server: Server, spoofed: str) -> None:
    room = new_room()
    first, second = pair(shared_server, room)
    with first, second:
        first.send_text(spoofed)
        expected = {"type": "key_exchange", "from": first.id, "roomId": room, "publicKey": "k"}
        assert second.next("key_exchange") == expected


def test_the_forwarded_types_are_a_setting(start_server: Callable[..., Server]) -> None:
    server = start_server(FORWARDED_TYPES="chat,cursor")
    first, second = pair(server)
    with first, second:
        for type in ("chat", "cursor"):
            first.send(type, text="hello")
            assert second.next(type)["text"] == "hello"
        first.send("key_exchange", publicKey="k")
        first.next_error("unknown_type")
        second.assert_nothing_came()


# Order and volume


@pytest.fixture(scope="module")
def roomy_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that allows more messages at once than the default burst."""
    server = Server(tmp_path_factory.mktemp("roomy"), MESSAGE_RATE=10000, MESSAGE_BURST=10000).start()
    yield server
    assert server.stop() == 0, server.log_text()


def test_a_thousand_messages_arrive_in_the_order_sent(roomy_server: Server) -> None:
    first, second = pair(roomy_server)
    with first, second:
        for number in range(1000):
            match number % 3:
                case 0:
                    first.send("webrtc_offer", sdp=str(number))
                case 1:
                    first.send("ice_candidate", candidate=CANDIDATE | {"candidate": str(number)})
                case _:
                    first.send("key_exchange", publicKey=str(number))
        for number in range(1000):
            message = second.next()
            candidate = message.get("candidate")
            content = (
                candidate["candidate"]
                if isinstance(candidate, dict)
                else message.get("sdp", message.get("publicKey"))
            )
            assert content == str(number), second.raw


def test_both_directions_keep_their_order_at_once(roomy_server: Server) -> None:
    first, second = pair(roomy_server)
    with first, second:
        for number in range(500):
            first.send("webrtc_offer", sdp=str(number))
            second.send("webrtc_answer", sdp=str(number))
        for number in range(500):
            assert second.next("webrtc_offer")["sdp"] == str(number)
            assert first.next("webrtc_answer")["sdp"] == str(number)


def test_forwarded_messages_and_own_answers_do_not_disturb_each_other(roomy_server: Server) -> None:
    first, second = pair(roomy_server)
    with first, second:
        for number in range(300):
            first.send("webrtc_offer", sdp=str(number))
            second.send("ping")
        kinds = [second.next() for _ in range(600)]
        assert sum(message["type"] == "pong" for message in kinds) == 300
        offers = [message["sdp"] for message in kinds if message["type"] == "webrtc_offer"]
        assert offers == [str(number) for number in range(300)]
