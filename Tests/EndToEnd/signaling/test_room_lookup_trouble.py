"""ROOM_POLICY=paired while the database cannot say what is paired: nobody gets in, nobody is kept waiting."""

from __future__ import annotations

import contextlib
import pathlib
import sqlite3
import time
from collections.abc import Callable, Iterator

import pytest

from support.metrics import FOLD_LIMIT, metric
from support.rest import Rest, new_code, new_device
from support.switchboard import Server
from support.waiting import eventually
from support.wsclient import Client, new_room

StartServer = Callable[..., Server]
Trouble = Callable[[pathlib.Path], contextlib.AbstractContextManager[None]]

JOIN_LIMIT = 10.0


@contextlib.contextmanager
def locked(database: pathlib.Path) -> Iterator[None]:
    """Another process has the file for itself, so that it cannot even be read."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("CREATE TABLE of_another_process (id INTEGER)")
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextlib.contextmanager
def corrupt(database: pathlib.Path) -> Iterator[None]:
    """What is there is no database."""
    database.write_bytes(b"\xa5" * 16_384)
    yield
    database.unlink()


@pytest.mark.parametrize("trouble", [locked, corrupt], ids=lambda trouble: trouble.__name__)
def test_a_join_is_refused_while_the_database_cannot_be_asked(
    start_server: StartServer, tmp_path: pathlib.Path, trouble: Trouble
) -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(trouble(tmp_path / "chat.db"))
        server = start_server(ROOM_POLICY="paired")
        client = stack.enter_context(Client(server))
        started = time.monotonic()
        client.send("join_room", roomId=new_room())
        client.send("ping")  # Right behind it: it waits its turn and is not lost.
        client.next_error("invalid_room_id", JOIN_LIMIT)
        assert client.next(limit=1) == {"type": "pong"}
        assert time.monotonic() - started < JOIN_LIMIT
        client.send("webrtc_offer", sdp="to nobody")
        client.next_error("not_in_room")
        client.send("leave_room")
        assert client.next("left_room")["roomId"] is None


@pytest.mark.parametrize("trouble", [locked, corrupt], ids=lambda trouble: trouble.__name__)
def test_lookups_that_fail_are_logged_once_and_counted_each(
    start_server: StartServer, tmp_path: pathlib.Path, trouble: Trouble
) -> None:
    count = 8
    with contextlib.ExitStack() as stack:
        stack.enter_context(trouble(tmp_path / "chat.db"))
        server = start_server(ROOM_POLICY="paired")
        clients = [stack.enter_context(Client(server)) for _ in range(count)]
        for client in clients:
            client.send("join_room", roomId=new_room())
        for client in clients:
            client.next_error("invalid_room_id", JOIN_LIMIT)
        eventually(
            lambda: (
                metric(server, "switchboard_signaling_refusals_total", reason="store_unavailable") == count
            ),
            FOLD_LIMIT,
            "each lookup is counted",
            interval=0.1,
        )
        lines = [event for event in server.events if event.get("message") == "room lookup failed"]
        assert len(lines) == 1, lines


@pytest.mark.parametrize("trouble", [locked, corrupt], ids=lambda trouble: trouble.__name__)
def test_the_same_connection_can_join_once_the_database_is_back(
    start_server: StartServer, tmp_path: pathlib.Path, trouble: Trouble
) -> None:
    with contextlib.ExitStack() as stack:
        healing = stack.enter_context(contextlib.ExitStack())
        healing.enter_context(trouble(tmp_path / "chat.db"))
        server = start_server(ROOM_POLICY="paired")
        client = stack.enter_context(Client(server))
        client.send("join_room", roomId=new_room())
        client.next_error("invalid_room_id", JOIN_LIMIT)
        healing.close()
        rest = Rest(server)
        eventually(lambda: rest.call("GET", "/readyz").status == 200, 10, "the database is back")
        room = rest.pair(new_device(), new_device())
        assert client.join(room)["userCount"] == 1
        assert rest.create(new_code(), new_device()).status == 201
