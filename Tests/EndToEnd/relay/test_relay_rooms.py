"""Members of rooms are handed credentials of their own, which end when their room does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from support.relay import REALM, SECRETS, Relay, running, time_limited
from support.rest import Answer, Rest, new_code, new_device
from support.stun import Endpoint
from support.transports import Peer, can_bind
from support.turnclient import Client
from support.waiting import eventually
from support.wsclient import Client as WebSocket
from support.wsclient import new_room

StartRelay = Callable[..., Relay]
JSON = dict[str, Any]


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with running(tmp_path_factory.mktemp("rooms")) as relay:
        yield relay


def paired(relay: Relay) -> tuple[str, str, str]:
    """A paired room and its two members."""
    first, second = new_device(), new_device()
    return Rest(relay).pair(first, second), first, second


def ask(relay: Relay, room: str, client: str) -> Answer:
    return Rest(relay).call("GET", f"/api/ice-servers?roomid={room}&client={client}")


def relay_server(message: JSON) -> JSON:
    """The one entry of an answer that has credentials."""
    (found,) = [server for server in message["iceServers"] if "credential" in server]
    assert isinstance(found, dict)
    return found


def client_with(relay: Relay, message: JSON, transport: str = "udp4") -> Client:
    server = relay_server(message)
    return relay.client(transport, server["username"], server["credential"])


# What members get


def test_a_member_of_a_paired_room_gets_credentials_that_work(relay: Relay) -> None:
    room, first, second = paired(relay)
    names = set()
    for member in (first, second):
        answer = ask(relay, room, member)
        assert answer.status == 200, answer
        server = relay_server(answer.json)
        assert server["credential"] == time_limited(SECRETS[0], server["username"])
        expiry, _, id = server["username"].partition(":")
        assert int(expiry) == answer.json["iceServersExpire"]
        assert 3590 <= int(expiry) - time.time() <= 3610
        names.add(id)
        for transport in ("udp4", "tcp4", "tls4"):
            with client_with(relay, answer.json, transport) as client:
                client.allocate()
    assert len(names) == 2, "the members are two users"


def test_names_tell_nothing_of_the_room_or_the_member(relay: Relay) -> None:
    room, first, _ = paired(relay)
    name = relay_server(ask(relay, room, first).json)["username"]
    assert room not in name and first not in name


def test_urls_name_what_the_relay_listens_on(relay: Relay) -> None:
    room, first, _ = paired(relay)
    message = ask(relay, room, first).json
    urls = [url for server in message["iceServers"] for url in as_list(server["urls"])]
    turn = as_list(relay_server(message)["urls"])
    assert any(url.startswith("stun:") and url.endswith(f":{relay.relay_port}") for url in urls), urls
    assert any(url.startswith("turn:") and f":{relay.relay_port}" in url for url in turn), urls
    assert any(url.endswith("transport=udp") for url in turn) and any(
        url.startswith("turn:") and url.endswith("transport=tcp") for url in turn
    )
    assert any(url.startswith("turns:") and f":{relay.tls_port}" in url for url in turn), urls


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("who", ["a stranger", "no room", "the other room"])
def test_nobody_else_gets_any(relay: Relay, who: str) -> None:
    room, first, _ = paired(relay)
    other_room, _, _ = paired(relay)
    asked = {
        "a stranger": (room, new_device()),
        "no room": (new_room(), first),
        "the other room": (other_room, first),
    }[who]
    answer = ask(relay, *asked)
    assert answer.status == 403 and "credential" not in answer.body.decode(), answer


def test_asking_is_rate_limited(start_relay: StartRelay) -> None:
    relay = start_relay(ICE_SERVERS_PER_MINUTE=5, TRUSTED_PROXIES="127.0.0.1")
    room, first, _ = paired(relay)
    one, two = Rest(relay).from_address("192.0.2.1"), Rest(relay).from_address("192.0.2.2")
    path = f"/api/ice-servers?roomid={room}&client={first}"
    assert [one.call("GET", path).status for _ in range(7)] == [200] * 5 + [429] * 2
    assert two.call("GET", path).status == 200


def test_who_joins_a_room_is_handed_ice_servers(relay: Relay) -> None:
    room = new_room()
    with WebSocket(relay) as one, WebSocket(relay) as two:
        messages = [socket.join(room) for socket in (one, two)]
    names = set()
    for message in messages:
        server = relay_server(message)
        names.add(server["username"].partition(":")[2])
        assert abs(float(str(message["iceServersExpire"])) - time.time() - 3600) < 10
        with client_with(relay, message) as client:
            client.allocate()
    assert len(names) == 2


def test_two_members_call_each_other_through_the_relay(relay: Relay) -> None:
    room = new_room()
    with (
        WebSocket(relay) as one,
        WebSocket(relay) as two,
        client_with(relay, one.join(room)) as first,
        client_with(relay, two.join(room), "tcp4") as second,
    ):
        here, there = first.allocate(), second.allocate()
        assert first.bind_channel(0x4000, there).succeeded and second.permit(here).succeeded
        first.send_on(0x4000, b"hello")
        assert second.receive_data().payload == b"hello"


# What ends


def delete(relay: Relay, room: str, member: str) -> None:
    answer = Rest(relay).call("DELETE", "/api/rooms", {"roomid": room})
    assert answer.status in (200, 204), answer


def purge(relay: Relay, room: str, member: str) -> None:
    answer = Rest(relay).purge(member)
    assert answer.status == 200, answer


@pytest.mark.parametrize("end", [delete, purge], ids=["deletion", "purge"])
@pytest.mark.parametrize("transport", ["udp4", "tcp4", "tls4"])
def test_the_end_of_a_room_ends_what_its_members_have(
    relay: Relay, end: Callable[[Relay, str, str], None], transport: str
) -> None:
    room, first, second = paired(relay)
    other_room, other, _ = paired(relay)
    messages = {member: ask(relay, room, member).json for member in (first, second)}
    kept_message = ask(relay, other_room, other).json
    clients = [client_with(relay, messages[member], transport) for member in (first, second, first, second)]
    relayed = [client.allocate() for client in clients]
    kept = client_with(relay, kept_message, transport)
    kept.allocate()
    with Peer() as peer:
        assert clients[0].bind_channel(0x4000, peer.endpoint).succeeded
        end(relay, room, first)
        for address in relayed:
            eventually(port_is_free(address), 10, f"the allocation at {address} has ended")
        clients[0].transport.send(b"\x40\x00\x00\x02no\0\0")
        for member in (first, second):
            with client_with(relay, messages[member]) as again:
                assert again.try_allocate().error in (401, 403, 441)
        assert peer.received() == []
    for client in clients:
        client.close()
    assert kept.refresh().succeeded
    with client_with(relay, kept_message) as another:
        another.allocate()
    kept.close()
    assert ask(relay, room, first).status == 403


def port_is_free(address: Endpoint) -> Callable[[], bool]:
    return lambda: can_bind(address)


def test_credentials_of_before_do_not_come_back_with_a_new_room_of_the_same_members(relay: Relay) -> None:
    room, first, second = paired(relay)
    old = ask(relay, room, first).json
    delete(relay, room, first)
    new_pairing = Rest(relay).pair(first, second)
    with client_with(relay, old) as client:
        assert client.try_allocate().error in (401, 403, 441)
    with client_with(relay, ask(relay, new_pairing, first).json) as client:
        client.allocate()


def test_a_pairing_code_that_nobody_took_ends_nothing(relay: Relay) -> None:
    room, first, second = paired(relay)
    assert Rest(relay).create(new_code(), first).status == 201
    with client_with(relay, ask(relay, room, second).json) as client:
        client.allocate()
        assert client.credentials.realm == REALM


# What a restart does not forget


@pytest.mark.parametrize("rotated", [False, True], ids=["same secret", "rotated secret"])
def test_the_end_of_a_room_outlives_the_server(start_relay: StartRelay, rotated: bool) -> None:
    first_life = start_relay(RELAY_SECRETS=SECRETS[0])
    ended, first, second = paired(first_life)
    kept, other, _ = paired(first_life)
    messages = {member: ask(first_life, ended, member).json for member in (first, second)}
    kept_message = ask(first_life, kept, other).json
    delete(first_life, ended, first)
    assert first_life.stop() == 0
    secrets = f"another-shared-secret,{SECRETS[0]}" if rotated else SECRETS[0]
    second_life = start_relay(RELAY_SECRETS=secrets)
    for member in (first, second):
        with client_with(second_life, messages[member]) as client:
            assert client.try_allocate().error == 401
    with client_with(second_life, kept_message) as client:
        client.allocate()


def test_a_room_that_ends_after_the_secret_was_rotated_ends_earlier_credentials(start_relay: StartRelay) -> None:
    first_life = start_relay(RELAY_SECRETS=SECRETS[0])
    room, first, _ = paired(first_life)
    message = ask(first_life, room, first).json
    assert first_life.stop() == 0
    second_life = start_relay(RELAY_SECRETS=f"another-shared-secret,{SECRETS[0]}")
    with client_with(second_life, message) as client:
        relayed = client.allocate()
        delete(second_life, room, first)
        eventually(port_is_free(relayed), 10, f"the allocation at {relayed} has ended")
    with client_with(second_life, message) as client:
        assert client.try_allocate().error == 401
