"""The way from the original backend: its database and its turnserver.conf, and clients that notice nothing."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

import pytest

from commands import sqlite, switchboard
from ports import free_port
from relay import Relay
from rest import Rest, new_code
from switchboard import Server
from turnclient import Client as TurnClient
from wsclient import Client, pair

ORIGINAL_SCHEMA = """
CREATE TABLE pendings (
    joinid TEXT PRIMARY KEY NOT NULL, client1 TEXT NOT NULL, exp DATETIME NOT NULL, client2 TEXT NULL);
CREATE TABLE rooms (roomid TEXT PRIMARY KEY NOT NULL, client1 TEXT NOT NULL, client2 TEXT NOT NULL);
CREATE INDEX idx_pendings_client1 ON pendings(client1);
CREATE INDEX idx_pendings_exp ON pendings(exp);
CREATE INDEX idx_rooms_client1 ON rooms(client1);
CREATE INDEX idx_rooms_client2 ON rooms(client2);
"""
ROWS = """
INSERT INTO rooms VALUES ('room-of-old', 'alice', 'bob');
INSERT INTO pendings VALUES ('111111', 'carol', '2099-01-01T00:00:00Z', NULL);
INSERT INTO pendings VALUES ('222222', 'dave', '2099-01-01T00:00:00Z', 'erin');
INSERT INTO rooms VALUES ('room-to-collect', 'dave', 'erin');
INSERT INTO pendings VALUES ('333333', 'frank', '2001-01-01T00:00:00Z', NULL);
"""
"""A finished pair, an open code, an accepted one that its maker has not collected, and an expired one."""

ORIGINAL_CONF = """
# coturn, as the original backend's README has it
listening-port={port}
tls-listening-port={tls_port}
fingerprint
lt-cred-mech
user=webrtc:s3cret-of-old
realm=signal.example.org
external-ip=127.0.0.1
min-port={low}
max-port={high}
log-file=stdout
no-cli
verbose
"""


@pytest.fixture
def database(tmp_path: pathlib.Path) -> pathlib.Path:
    """A database as the original made it, at the place where it had it."""
    directory = tmp_path / "original/data"
    directory.mkdir(parents=True)
    sqlite(directory / "chat.db", ORIGINAL_SCHEMA + ROWS)
    return directory / "chat.db"


@pytest.fixture
def conf(tmp_path: pathlib.Path) -> pathlib.Path:
    directory = tmp_path / "original/turn-server"
    directory.mkdir(parents=True)
    ports = {"port": free_port(), "tls_port": free_port(), "low": 52100, "high": 52149}
    (directory / "turnserver.conf").write_text(ORIGINAL_CONF.format(**ports))
    return directory / "turnserver.conf"


def test_pairs_and_codes_of_the_original_go_on(
    start_server: Callable[..., Server], database: pathlib.Path
) -> None:
    rest = Rest(start_server(SQLITE_DB_PATH=database))
    assert rest.room("room-of-old").json == {"roomid": "room-of-old", "client1": "alice", "client2": "bob"}
    assert rest.check("111111", "carol").status == 204, "still open"
    assert rest.check("222222", "dave").json == {"roomid": "room-to-collect"}
    assert rest.check("333333", "frank").status == 404, "expired"
    roomid = rest.accept("111111", "grace").json["roomid"]
    assert rest.check("111111", "carol").json == {"roomid": roomid}


def test_old_pairs_meet_in_their_room(start_server: Callable[..., Server], database: pathlib.Path) -> None:
    server = start_server(SQLITE_DB_PATH=database, ROOM_POLICY="paired")
    first, second = pair(server, "room-of-old")
    with first, second:
        first.send("webrtc_offer", sdp="v=0")
        assert second.next("webrtc_offer")["sdp"] == "v=0"
    with Client(server) as stranger:
        stranger.send("join_room", roomId="never-paired")
        stranger.next_error("invalid_room_id")


def test_the_way_back_is_open(start_server: Callable[..., Server], database: pathlib.Path) -> None:
    """What the original reads and writes is as it made it; our additions do not get in its way."""
    server = start_server(SQLITE_DB_PATH=database)
    rest, code = Rest(server), new_code()
    assert rest.create(code, "heidi").status == 201
    assert server.stop() == 0
    assert sqlite(database, "SELECT client1, client2 FROM rooms WHERE roomid = 'room-of-old'") == "alice|bob\n"
    assert sqlite(database, f"SELECT client1, client2 FROM pendings WHERE joinid = '{code}'") == "heidi|\n"
    its_own = f"""
        UPDATE pendings SET client2 = 'ivan' WHERE joinid = '{code}';
        INSERT INTO rooms VALUES ('made-by-the-original', 'heidi', 'ivan');
        DELETE FROM pendings WHERE exp <= CURRENT_TIMESTAMP;
    """
    sqlite(database, its_own)
    rest = Rest(start_server(SQLITE_DB_PATH=database))
    assert rest.check(code, "heidi").json == {"roomid": "made-by-the-original"}


def test_the_commands_for_the_upgrade_say_what_they_find(
    tmp_path: pathlib.Path, database: pathlib.Path
) -> None:
    for command in ("init", "check"):
        result = switchboard(tmp_path, "db", command, SQLITE_DB_PATH=database)
        assert result.code == 0, result.stderr
    assert sqlite(database, "SELECT count(*) FROM rooms") == "2\n"


def test_one_start_takes_over_database_and_turnserver_conf(
    tmp_path: pathlib.Path, database: pathlib.Path, conf: pathlib.Path
) -> None:
    server = Relay(tmp_path, SQLITE_DB_PATH=database, TURN_CONFIG=conf)
    for name in [name for name in server.settings if name.startswith("RELAY_")]:
        del server.settings[name]
    # The test's peers are on loopback; the rest comes from the file.
    server.settings |= {"RELAY_ALLOW_LOOPBACK_PEERS": "1", "RELAY_IPS": "127.0.0.1", "RELAY_DRAIN_TIME": "0"}
    server.relay_port = int(conf.read_text().split("listening-port=")[1].split()[0])
    server.start()
    try:
        assert Rest(server).room("room-of-old").status == 200
        with server.client(name="webrtc", password="s3cret-of-old") as turn:
            assert isinstance(turn, TurnClient)
            relayed = turn.allocate()
            assert relayed.host == "127.0.0.1" and 52100 <= relayed.port <= 52149
        servers = Rest(server).call("GET", "/api/ice-servers?roomid=room-of-old&client=alice").json["iceServers"]
        urls = [url for each in servers for url in each["urls"]]
        assert f"turn:127.0.0.1:{server.relay_port}?transport=udp" in urls
    finally:
        assert server.stop() == 0, server.log_text()
