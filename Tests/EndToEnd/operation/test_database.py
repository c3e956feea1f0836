"""The database file: the original backend's, ours, and the commands that make and check it."""

from __future__ import annotations

import datetime
import pathlib
import re
from collections.abc import Callable

import pytest

from support.commands import sqlite, switchboard
from support.rest import Rest, in_seconds, instant, new_code, new_device
from support.switchboard import ROOT, Server
from support.waiting import eventually

SCHEMA = ROOT / "scripts/init-db.sql"
TABLES = {"pendings": ["joinid", "client1", "exp", "client2"], "rooms": ["roomid", "client1", "client2"]}

# As the original backend made it: the same tables, and triggers that clean up by comparing texts.
ORIGINAL = """
CREATE TABLE pendings (
  joinid TEXT PRIMARY KEY NOT NULL,
  client1 TEXT NOT NULL,
  exp DATETIME NOT NULL,
  client2 TEXT
);
CREATE TABLE rooms (roomid TEXT PRIMARY KEY NOT NULL, client1 TEXT NOT NULL, client2 TEXT NOT NULL);
CREATE INDEX idx_pendings_client1 ON pendings(client1);
CREATE INDEX idx_pendings_exp ON pendings(exp);
CREATE INDEX idx_rooms_client1 ON rooms(client1);
CREATE INDEX idx_rooms_client2 ON rooms(client2);
CREATE TRIGGER pendings_cleanup_insert AFTER INSERT ON pendings
BEGIN DELETE FROM pendings WHERE exp <= CURRENT_TIMESTAMP; END;
CREATE TRIGGER pendings_cleanup_update AFTER UPDATE ON pendings
BEGIN DELETE FROM pendings WHERE exp <= CURRENT_TIMESTAMP; END;
"""
ROOM, OLD_ROOM = "ab" * 24, "5f0c2c1e-3f6b-4f0e-9c56-0d9a3c1b2a77"


def zulu(seconds: float) -> str:
    return in_seconds(seconds).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@pytest.fixture
def original(tmp_path: pathlib.Path) -> pathlib.Path:
    """A file that the original backend left behind in the middle of its life."""
    database = tmp_path / "chat.db"
    east = in_seconds(3_600).astimezone(datetime.timezone(datetime.timedelta(hours=2))).isoformat()
    sqlite(database, ORIGINAL.replace("CREATE TRIGGER", "CREATE TRIGGER IF NOT EXISTS"))
    sqlite(
        database,
        f"""
        DROP TRIGGER pendings_cleanup_insert;
        INSERT INTO pendings VALUES ('live', 'alice', '{zulu(3_600)}', NULL);
        INSERT INTO pendings VALUES ('east', 'alice', '{east}', NULL);
        INSERT INTO pendings VALUES ('dead', 'alice', '{zulu(-60)}', NULL);
        INSERT INTO pendings VALUES ('dead accepted', 'alice', '{zulu(-60)}', 'bob');
        INSERT INTO pendings VALUES ('accepted', 'alice', '{zulu(3_600)}', 'bob');
        INSERT INTO rooms VALUES ('{ROOM}', 'alice', 'bob');
        INSERT INTO rooms VALUES ('{OLD_ROOM}', 'carol', 'dave');
        CREATE TRIGGER pendings_cleanup_insert AFTER INSERT ON pendings
        BEGIN DELETE FROM pendings WHERE exp <= CURRENT_TIMESTAMP; END;
        """,
    )
    return database


# The original's file


def test_rows_of_the_original_live_on(start_server: Callable[..., Server], original: pathlib.Path) -> None:
    rest = Rest(start_server())
    for code in ("live", "east"):
        assert rest.check(code, "alice").status == 204
        assert rest.create(code, "mallory").status == 409
        roomid = rest.accept(code, "erin").json["roomid"]
        assert rest.check(code, "alice").json == {"roomid": roomid}
    assert rest.accept("accepted", "bob").json == {"roomid": ROOM}
    assert rest.accept("accepted", "mallory").status == 409
    assert rest.check("accepted", "alice").json == {"roomid": ROOM}
    assert rest.check("accepted", "alice").status == 404
    assert rest.room(ROOM).json == {"roomid": ROOM, "client1": "alice", "client2": "bob"}
    assert rest.room(OLD_ROOM).json == {"roomid": OLD_ROOM, "client1": "carol", "client2": "dave"}
    assert rest.call("DELETE", "/api/rooms", {"roomid": OLD_ROOM}).json == {"ok": True}
    assert rest.room(OLD_ROOM).status == 404


def test_expired_rows_of_the_original_are_invisible_and_swept(
    start_server: Callable[..., Server], original: pathlib.Path
) -> None:
    rest = Rest(start_server(SWEEP_INTERVAL=0.2))
    for code in ("dead", "dead accepted"):
        assert rest.check(code, "alice").status == 404
        assert rest.accept(code, "bob").status == 404
    dead = "SELECT count(*) FROM pendings WHERE joinid LIKE 'dead%'"
    eventually(lambda: sqlite(original, dead) == "0\n", 10, "expired rows are swept", interval=0.1)
    assert sqlite(original, "SELECT count(*) FROM pendings") == "3\n"
    assert rest.create("dead", "mallory").status == 201


def test_the_originals_columns_keep_their_meaning(
    start_server: Callable[..., Server], original: pathlib.Path
) -> None:
    """What another program reads in the file, the original backend among them, is what it always was."""
    rest = Rest(start_server())
    code, first, second = new_code(), new_device(), new_device()
    row = f"SELECT client1, exp, quote(client2) FROM pendings WHERE joinid = '{code}'"
    exp = instant(rest.create(code, first, expiresInSeconds=600).json["exp"])
    client1, written, client2 = sqlite(original, row).strip().split("|")
    assert (client1, client2) == (first, "NULL")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", written) and instant(written) == exp
    roomid = rest.accept(code, second).json["roomid"]
    assert sqlite(original, row).strip().split("|")[2] == f"'{second}'"
    rooms = f"SELECT client1, client2 FROM rooms WHERE roomid = '{roomid}'"
    assert sqlite(original, rooms) == f"{first}|{second}\n"
    rest.check(code, first)
    assert sqlite(original, row) == ""


def test_the_original_can_go_on_with_the_file(
    start_server: Callable[..., Server], original: pathlib.Path
) -> None:
    server = start_server()
    Rest(server).create(new_code(), new_device())
    assert server.stop() == 0
    sqlite(
        original,
        f"""
        INSERT INTO pendings (joinid, client1, exp) VALUES ('back', 'alice', '{zulu(600)}');
        UPDATE pendings SET client2 = 'bob' WHERE joinid = 'back';
        INSERT INTO rooms (roomid, client1, client2) VALUES ('{"cd" * 24}', 'alice', 'bob');
        """,
    )
    assert sqlite(original, "PRAGMA integrity_check") == "ok\n"
    assert Rest(start_server()).accept("back", "bob").status == 200


# Commands and the schema file


def schema(database: pathlib.Path) -> list[str]:
    """The statements that make the database, in a fixed order."""
    sql = "SELECT replace(sql, char(10), ' ') FROM sqlite_master WHERE sql IS NOT NULL ORDER BY 1"
    return sqlite(database, sql).splitlines()


def test_db_init_makes_the_schema_file_s_database(tmp_path: pathlib.Path) -> None:
    ours, loaded = tmp_path / "ours.db", tmp_path / "loaded.db"
    assert switchboard(tmp_path, "db", "init", SQLITE_DB_PATH=ours).code == 0
    sqlite(loaded, SCHEMA.read_text())
    assert schema(ours) == schema(loaded)
    for table, columns in TABLES.items():
        found = sqlite(ours, f"SELECT name FROM pragma_table_info('{table}')").splitlines()
        assert found[: len(columns)] == columns
    indexed = sqlite(
        ours,
        """SELECT m.tbl_name || '.' || i.name FROM sqlite_master m, pragma_index_info(m.name) i
           WHERE m.type = 'index' AND i.seqno = 0""",
    )
    assert {"pendings.client1", "pendings.exp", "rooms.client1", "rooms.client2"} <= set(indexed.split())


def test_db_init_makes_the_default_path_s_directory(tmp_path: pathlib.Path) -> None:
    assert switchboard(tmp_path, "db", "init").code == 0
    assert (tmp_path / "data/chat.db").is_file()


@pytest.mark.parametrize("way", ["command", "schema file"])
def test_db_init_is_harmless_on_a_database_that_exists(original: pathlib.Path, way: str) -> None:
    rows = "SELECT * FROM pendings ORDER BY joinid; SELECT * FROM rooms ORDER BY roomid"
    columns = rows.replace("* FROM p", "joinid, client1, exp, client2 FROM p")
    before = sqlite(original, columns)
    for _ in range(2):
        if way == "command":
            assert switchboard(original.parent, "db", "init", SQLITE_DB_PATH=original).code == 0
        else:
            sqlite(original, SCHEMA.read_text())
        assert sqlite(original, columns) == before


def test_db_check_accepts_good_files(tmp_path: pathlib.Path, original: pathlib.Path) -> None:
    made = tmp_path / "made.db"
    assert switchboard(tmp_path, "db", "init", SQLITE_DB_PATH=made).code == 0
    assert switchboard(tmp_path, "db", "init", SQLITE_DB_PATH=original).code == 0
    for database in (made, original):
        result = switchboard(tmp_path, "db", "check", SQLITE_DB_PATH=database)
        assert (result.code, result.stderr) == (0, "")


def test_db_check_fails_on_what_is_missing_or_no_database(tmp_path: pathlib.Path) -> None:
    missing, garbage, foreign = tmp_path / "missing.db", tmp_path / "garbage.db", tmp_path / "foreign.db"
    garbage.write_bytes(b"no database at all, not at all " * 300)
    sqlite(foreign, "CREATE TABLE pendings (x); CREATE TABLE rooms (y);")
    for database in (missing, garbage, foreign):
        result = switchboard(tmp_path, "db", "check", SQLITE_DB_PATH=database)
        assert result.code == 1, database
        assert str(database) in result.stderr and len(result.stderr.splitlines()) == 1
    assert not missing.exists(), "a check makes nothing"
