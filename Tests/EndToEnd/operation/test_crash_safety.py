"""What was acknowledged is in the file, whole, however suddenly the server dies."""

from __future__ import annotations

import contextlib
import http.client
import pathlib
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from support.commands import sqlite
from support.rest import Answer, Rest, new_code, new_device
from support.switchboard import Server
from support.waiting import eventually

ROUNDS = 5
WORKERS = 16


@dataclass
class Pairing:
    """One pairing as its two devices saw it: which steps were sent, and when which were acknowledged."""

    code: str = field(default_factory=new_code)
    client1: str = field(default_factory=new_device)
    client2: str = field(default_factory=new_device)
    sent: set[str] = field(default_factory=set)
    acknowledged: dict[str, float] = field(default_factory=dict)
    roomid: str = ""

    def run(self, rest: Rest) -> None:
        """Goes through the three steps until the server is gone."""
        steps: dict[str, Callable[[], Answer]] = {
            "create": lambda: rest.create(self.code, self.client1, expiresInSeconds=3_600),
            "accept": lambda: rest.accept(self.code, self.client2),
            "check": lambda: rest.check(self.code, self.client1),
        }
        for step, call in steps.items():
            self.sent.add(step)
            answer = call()
            assert answer.status in {200, 201}, answer
            self.acknowledged[step] = time.monotonic()
            if step == "accept":
                self.roomid = answer.json["roomid"]

    def verify(self, rest: Rest) -> None:
        """The server that came back knows all that was acknowledged, and nothing by halves."""
        checked = rest.check(self.code, self.client1)
        if "check" in self.acknowledged:
            assert checked.status == 404, self
        elif "accept" in self.acknowledged:
            assert checked.status == 200 or ("check" in self.sent and checked.status == 404), (self, checked)
        elif "create" in self.acknowledged:
            assert checked.status == 204 or ("accept" in self.sent and checked.status == 200), (self, checked)
        else:
            assert checked.status in {204, 404}, (self, checked)
        if checked.status == 200:
            assert self.roomid in {"", checked.json["roomid"]}, (self, checked)
            self.roomid = checked.json["roomid"]
        if self.roomid:
            room = {"roomid": self.roomid, "client1": self.client1, "client2": self.client2}
            assert rest.room(self.roomid).json == room, self


class Load:
    """Many devices that pair, one pairing after the other, until the server dies under them."""

    def __init__(self, server: Server) -> None:
        self.rest = Rest(server)
        self.pairings: list[Pairing] = []
        self.errors: list[BaseException] = []
        self._threads = [threading.Thread(target=self._work) for _ in range(WORKERS)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()

    def _work(self) -> None:
        with contextlib.suppress(OSError, http.client.HTTPException):  # the server is gone
            while True:
                pairing = Pairing()
                self.pairings.append(pairing)
                try:
                    pairing.run(self.rest)
                except AssertionError as error:
                    self.errors.append(error)
                    return

    def finished(self) -> int:
        return sum("check" in pairing.acknowledged for pairing in list(self.pairings))


def assert_whole(database: pathlib.Path, pairings: list[Pairing], copy: pathlib.Path) -> None:
    """Looks with other tools into a copy of what the dead server left, so that it recovers that itself."""
    copy.mkdir()
    for file in (database, database.with_name(database.name + "-wal")):
        shutil.copy(file, copy)
    assert sqlite(copy / database.name, "PRAGMA integrity_check") == "ok\n"
    with contextlib.closing(sqlite3.connect(copy / database.name)) as connection:
        rooms = connection.execute("SELECT client1, client2 FROM rooms").fetchall()
        accepted = connection.execute(
            "SELECT client1, client2 FROM pendings WHERE client2 IS NOT NULL"
        ).fetchall()
    assert len(rooms) == len(set(rooms)), "one room a pairing"
    assert set(accepted) <= set(rooms), "no accepted pending without its room"
    asked = {(pairing.client1, pairing.client2) for pairing in pairings if "accept" in pairing.sent}
    certain = {(pairing.client1, pairing.client2) for pairing in pairings if "accept" in pairing.acknowledged}
    assert certain <= set(rooms) <= asked


def load_and_kill(server: Server, pairings: int) -> list[Pairing]:
    """Kills the server as soon as so many pairings have gone through, with others on their way."""
    with Load(server) as load:
        eventually(lambda: load.errors or load.finished() >= pairings, 30, f"{pairings} pairings")
        server.kill()
    assert not load.errors, load.errors
    assert load.finished() < len(load.pairings), "the server died in the middle of something"
    return load.pairings


def verify(server: Server, pairings: list[Pairing]) -> None:
    rest = Rest(server)
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(lambda pairing: pairing.verify(rest), pairings))


def test_sigkill_loses_nothing_that_was_acknowledged(
    start_server: Callable[..., Server], tmp_path: pathlib.Path
) -> None:
    pairings: list[Pairing] = []
    for number in range(ROUNDS):
        # Later rounds run longer, so that the kill falls on different moments of the log file's life.
        recent = load_and_kill(start_server(tmp_path), 20 + 60 * number)
        pairings += recent
        assert_whole(tmp_path / "chat.db", pairings, tmp_path / f"copy-{number}")
        restarted = start_server(tmp_path)
        verify(restarted, recent)
        restarted.kill()
