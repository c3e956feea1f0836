"""The way from the original backend: its database and its turnserver.conf, and clients that notice nothing."""

from __future__ import annotations

import grp
import os
import pathlib
import pwd
import re
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing

import pytest

from support.commands import sqlite, switchboard
from support.ports import free_port
from support.relay import Relay
from support.rest import Rest, new_code
from support.switchboard import ROOT, Server
from support.turnclient import Client as TurnClient
from support.wsclient import Client, pair

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


DOCUMENT = (ROOT / "docs/deployment.md").read_text()
MANY = 500
"""So many rooms fill more pages of a database than a new one has."""


def printed(words: str) -> str:
    """The one block of commands for systemd's service in the document that has these words."""
    blocks = re.findall(r"^```sh\n(.*?)^```", DOCUMENT, re.M | re.S)
    [block] = [block for block in blocks if words in block and "systemctl" in block]
    return str(block)


def follow(commands: str, paths: Mapping[str, pathlib.Path], server: Server | None) -> None:
    """Runs commands line by line, with other paths and this user, and systemctl's upon the server."""
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    for old, new in paths.items():
        assert old in commands
        commands = commands.replace(old, str(new))
    commands = commands.replace("-o switchboard", f"-o {user}").replace("-g switchboard", f"-g {group}")
    commands = commands.replace("chown switchboard:switchboard", f"chown {user}:{group}")
    verbs = []
    for line in commands.splitlines():
        if line.startswith("apt-get install "):
            continue
        if line.startswith("systemctl "):
            verbs.append(line.split()[1])
            if server is not None and verbs[-1] in ("stop", "restart"):
                server.stop()
            continue
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, f"{line}\n{done.stderr}"
    assert verbs[-1] in ("start", "restart") and line.startswith("systemctl")


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


@pytest.fixture
def unclosed(database: pathlib.Path) -> pathlib.Path:
    """The same with many rooms, the last of them in the log that a killed original has left beside its file."""
    many = "".join(f"INSERT INTO rooms VALUES ('room-{each}', 'a-{each}', 'b');" for each in range(MANY))
    sqlite(database, f"BEGIN; {many} COMMIT; PRAGMA journal_mode=WAL;")
    written = database.with_name("written.db")
    database.rename(written)
    with closing(sqlite3.connect(written)) as connection:
        connection.execute("INSERT INTO rooms VALUES ('room-in-the-log', 'judy', 'ken')")
        connection.commit()
        for ending in ("", "-wal"):
            shutil.copy(f"{written}{ending}", f"{database}{ending}")
    return database


@pytest.mark.parametrize("service", ["never ran", "runs", "was killed"])
def test_the_commands_in_the_document_bring_all_pairs_into_the_service(
    start_server: Callable[..., Server],
    tmp_path: pathlib.Path,
    unclosed: pathlib.Path,
    conf: pathlib.Path,
    service: str,
) -> None:
    state, settings = tmp_path / "state", tmp_path / "settings"
    settings.mkdir()
    server = None
    if service != "never ran":
        state.mkdir()
        server = start_server(SQLITE_DB_PATH=state / "chat.db")
        Rest(server).pair("tried-out", "earlier")
        if service == "was killed":
            server.kill()
    paths = {
        "/path/to/original": tmp_path / "original",
        "/var/lib/switchboard": state,
        "/etc/switchboard": settings,
    }
    follow(printed("/path/to/original"), paths, server)
    imported = state / "chat.db"
    assert stat.S_IMODE(imported.stat().st_mode) == 0o600
    assert (settings / "switchboard.env").read_text() == f"TURN_CONFIG={settings}/turnserver.conf\n"
    assert (settings / "turnserver.conf").read_text() == conf.read_text()
    server = start_server(SQLITE_DB_PATH=imported)
    rest = Rest(server)
    for roomid in ("room-of-old", "room-0", f"room-{MANY - 1}", "room-in-the-log"):
        assert rest.room(roomid).status == 200, roomid
    assert rest.check("222222", "dave").json == {"roomid": "room-to-collect"}
    assert server.stop() == 0
    assert sqlite(imported, "SELECT count(*) FROM rooms; PRAGMA integrity_check") == f"{MANY + 3}\nok\n"


def test_a_wrong_path_to_the_original_is_an_error(tmp_path: pathlib.Path) -> None:
    [line] = re.findall(r"^sqlite3 .*\.backup.*", printed("/path/to/original"), re.M)
    for directory in ("/path/to/original/data", "/var/lib/switchboard"):
        line = line.replace(directory, str(tmp_path))
    assert subprocess.run(["bash", "-c", line], capture_output=True, timeout=20).returncode != 0


def test_the_commands_in_the_document_restore_a_backup(
    start_server: Callable[..., Server], tmp_path: pathlib.Path
) -> None:
    state, backups = tmp_path / "state", tmp_path / "backups"
    state.mkdir()
    backups.mkdir()
    database = state / "chat.db"
    server = start_server(SQLITE_DB_PATH=database)
    rest = Rest(server)
    kept = rest.pair("kept", "pair")
    sqlite(database, f".backup '{backups}/chat-2030-01-01.db'")
    lost = rest.pair("later", "pair")
    paths = {"/var/lib/switchboard": state, "/var/backups/switchboard": backups}
    follow(printed("/var/backups/switchboard/chat-2030"), paths, server)
    rest = Rest(start_server(SQLITE_DB_PATH=database))
    assert [rest.room(roomid).status for roomid in (kept, lost)] == [200, 404]


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
