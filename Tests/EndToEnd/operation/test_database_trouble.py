"""A full disk, a locked file, a corrupt file: the server says so, lives, and works again afterwards."""

from __future__ import annotations

import contextlib
import os
import pathlib
import resource
import sqlite3
import stat
import subprocess
from collections.abc import Callable
from typing import Protocol

import pytest
from websockets.sync.client import connect

from support.commands import sqlite
from support.rest import Answer, Rest, new_code, new_device
from support.switchboard import Server, binary
from support.waiting import eventually

DISK_BYTES = 512 * 1_024


def assert_unavailable(answer: Answer) -> None:
    assert (answer.status, answer.error) == (503, "unavailable")
    assert b"sqlite" not in answer.body.lower(), "the library's text stays inside"


def assert_works(rest: Rest) -> None:
    assert rest.room(rest.pair(new_device(), new_device())).status == 200
    assert rest.call("GET", "/readyz").status == 200


def assert_signaling_works(server: Server) -> None:
    with connect(server.ws) as socket:
        assert "connected" in str(socket.recv(timeout=5))
        socket.send('{"type":"ping"}')
        assert "pong" in str(socket.recv(timeout=5))


def complaints(server: Server) -> list[dict[str, object]]:
    return [event for event in server.events if event.get("level") in {"error", "critical"}]


# Locked


def test_a_locked_file_is_unavailable_until_it_is_free(
    start_server: Callable[..., Server], tmp_path: pathlib.Path
) -> None:
    server = start_server()
    rest = Rest(server)
    code, device = new_code(), new_device()
    roomid = rest.pair(new_device(), new_device())
    rest.create(code, device)
    with contextlib.closing(sqlite3.connect(tmp_path / "chat.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert_unavailable(rest.create(new_code(), new_device()))
        assert_unavailable(rest.accept(code, new_device()))
        assert rest.room(roomid).status == 200, "who writes does not keep others from reading"
        assert rest.call("GET", "/healthz").status == 200
        assert rest.call("GET", "/readyz").status == 503
        assert_signaling_works(server)
        other.execute("ROLLBACK")
    eventually(lambda: rest.check(code, device).status == 204, 10, "it works again")
    assert_works(rest)
    assert complaints(server), "the log says what was wrong"


# Full


class Disk(Protocol):
    """A place for the database that can be filled up and freed while the server runs."""

    def can_be_had(self, place: pathlib.Path) -> bool: ...
    def wrapper(self, place: pathlib.Path) -> str: ...
    def enter(self, server: Server) -> list[str]: ...
    def fill(self, server: Server, place: pathlib.Path) -> None: ...
    def free(self, server: Server, place: pathlib.Path) -> None: ...


class SmallDisk:
    """A file system of half a megabyte that only the server sees, and that goes when it goes."""

    unshare = "unshare --mount" if os.geteuid() == 0 else "unshare --user --map-root-user --mount"

    def can_be_had(self, place: pathlib.Path) -> bool:
        return subprocess.run([*self.unshare.split(), *self._mount(place).split()]).returncode == 0

    def wrapper(self, place: pathlib.Path) -> str:
        return f'exec {self.unshare} sh -c \'{self._mount(place)} && exec {binary()} "$@"\' sh "$@"'

    def _mount(self, place: pathlib.Path) -> str:
        return f"mount -t tmpfs -o size={DISK_BYTES} tmpfs {place}"

    def enter(self, server: Server) -> list[str]:
        """What to put in front of a command that is to see it too."""
        user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
        return ["nsenter", f"--target={server.pid}", *user, "--mount"]

    def _ballast(self, server: Server, place: pathlib.Path) -> pathlib.Path:
        return pathlib.Path(f"/proc/{server.pid}/root{place}/ballast")

    def fill(self, server: Server, place: pathlib.Path) -> None:
        with self._ballast(server, place).open("wb", buffering=0) as ballast, pytest.raises(OSError):
            while True:
                ballast.write(bytes(4_096))

    def free(self, server: Server, place: pathlib.Path) -> None:
        self._ballast(server, place).unlink()


class FileSizeLimit:
    """The kernel refuses all that the server writes to files; needs no privilege at all."""

    def can_be_had(self, place: pathlib.Path) -> bool:
        return True

    def wrapper(self, place: pathlib.Path) -> str:
        return f"trap '' XFSZ; exec {binary()} \"$@\""

    def enter(self, server: Server) -> list[str]:
        return []

    def fill(self, server: Server, place: pathlib.Path) -> None:
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    def free(self, server: Server, place: pathlib.Path) -> None:
        unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        resource.prlimit(server.pid, resource.RLIMIT_FSIZE, unlimited)


@pytest.mark.parametrize("disk", [SmallDisk(), FileSizeLimit()], ids=lambda disk: type(disk).__name__)
def test_a_full_disk_is_unavailable_until_there_is_room(
    start_server: Callable[..., Server], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, disk: Disk
) -> None:
    place = tmp_path / "disk"
    place.mkdir()
    if not disk.can_be_had(place):
        pytest.skip("this machine allows no mount; the file size limit covers the same ground")
    wrapper = tmp_path / "wrapper"
    wrapper.write_text(f"#!/bin/sh\n{disk.wrapper(place)}\n")
    wrapper.chmod(stat.S_IRWXU)
    monkeypatch.setenv("SWITCHBOARD_BIN", str(wrapper))
    server = start_server(SQLITE_DB_PATH=place / "chat.db")
    rest = Rest(server)
    roomid = rest.pair(new_device(), new_device())

    # The log begins anew, so that commits have room inside it for a while.
    checkpoint = [*disk.enter(server), "sqlite3", "-bail", str(place / "chat.db"), "PRAGMA wal_checkpoint(RESTART)"]
    done = subprocess.run(checkpoint, capture_output=True, text=True, timeout=20)
    assert done.stdout.startswith("0|"), (done.stdout, done.stderr)
    disk.fill(server, place)
    assert_unavailable(rest.call("GET", "/readyz"))
    kept = {}
    for _ in range(2_000):  # the log file may have room inside for some more
        code, device = new_code(), new_device()
        answer = rest.create(code, device)
        if answer.status != 201:
            break
        kept[code] = device
    assert_unavailable(answer)
    assert_unavailable(rest.create(new_code(), new_device()))
    assert rest.call("GET", "/healthz").status == 200
    assert rest.room(roomid).status in {200, 503}
    assert_signaling_works(server)
    assert complaints(server), "the log says what was wrong"

    disk.free(server, place)
    eventually(lambda: rest.create(code, device).status == 201, 10, "it works again")
    eventually(lambda: rest.call("GET", "/readyz").status == 200, 10, "it is ready again")
    assert_works(rest)
    assert rest.room(roomid).status == 200
    for code, device in kept.items():
        assert rest.check(code, device).status == 204, "what was acknowledged is there"


# Corrupt


class Damage:
    """A way in which the path may hold no database when the server starts, and how to mend it."""

    def __init__(self, name: str, content: bytes | None) -> None:
        self.name, self.content = name, content

    def do(self, database: pathlib.Path) -> None:
        if self.content is None:
            database.mkdir()
        else:
            database.write_bytes(self.content)

    def undo(self, database: pathlib.Path) -> None:
        if database.is_dir():
            database.rmdir()
        else:
            database.unlink()


@pytest.mark.parametrize(
    "damage",
    [
        Damage("garbage", b"\xa5" * 16_384),
        Damage("header only", b"SQLite format 3\0" + bytes(84)),
        Damage("text", b"this is not a database\n"),
        Damage("directory", None),
    ],
    ids=lambda damage: damage.name,
)
def test_what_is_no_database_at_the_start_is_unavailable_until_it_is_gone(
    start_server: Callable[..., Server], tmp_path: pathlib.Path, damage: Damage
) -> None:
    database = tmp_path / "chat.db"
    damage.do(database)
    server = start_server()
    rest = Rest(server)
    assert_unavailable(rest.create(new_code(), new_device()))
    assert rest.call("GET", "/readyz").status == 503
    assert rest.call("GET", "/healthz").status == 200
    assert_signaling_works(server)
    assert complaints(server), "the log says what was wrong"
    damage.undo(database)
    eventually(lambda: rest.call("GET", "/readyz").status == 200, 10, "it works again")
    assert_works(rest)
    assert server.stop() == 0, server.log_text()


def test_a_file_that_breaks_under_the_server_does_not_break_the_server(
    start_server: Callable[..., Server], tmp_path: pathlib.Path
) -> None:
    database = tmp_path / "chat.db"
    server = start_server()
    rest = Rest(server)
    rooms = [rest.pair(new_device(), new_device()) for _ in range(200)]
    sqlite(database, "PRAGMA wal_checkpoint(TRUNCATE)")
    whole = database.read_bytes()
    assert len(whole) > 16 * 4_096
    with database.open("r+b") as file:
        file.seek(4_096)
        file.write(b"\xff" * (len(whole) - 4_096))

    answers = [rest.room(room) for room in rooms]
    answers += [rest.create(new_code(), new_device()) for _ in range(20)]
    for answer in answers:  # some of what is asked for may still be in memory
        assert answer.status in {200, 201, 404, 503}, answer
        if answer.status == 503:
            assert_unavailable(answer)
    assert 503 in {answer.status for answer in answers}
    assert rest.call("GET", "/healthz").status == 200
    assert_signaling_works(server)
    assert complaints(server)

    restored = tmp_path / "backup.db"
    restored.write_bytes(whole)
    for companion in ("-wal", "-shm"):
        database.with_name(database.name + companion).unlink(missing_ok=True)
    restored.rename(database)
    eventually(lambda: rest.create(new_code(), new_device()).status == 201, 10, "it works again")
    assert_works(rest)
    assert all(rest.room(room).status == 200 for room in rooms)
