"""How many pairings a second one caller gets from SQLite alone, each call a durable transaction of its own.

It is the reference beside the server's figure: what the disk and the library give without commits that wait for
each other, HTTP, or anything else of ours in between.
"""

from __future__ import annotations

import pathlib
import sqlite3
import time

ROOM_ID_SQL = "lower(hex(randomblob(24)))"


def pairings_per_second(directory: pathlib.Path, schema: str, seconds: float) -> float:
    connection = sqlite3.connect(directory / "reference.db", isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.executescript(schema)
        count, began = 0, time.perf_counter()
        while time.perf_counter() < began + seconds:
            pair(connection, f"code-{count}")
            count += 1
        return count / (time.perf_counter() - began)
    finally:
        connection.close()


def pair(connection: sqlite3.Connection, code: str) -> None:
    """Create, accept and check as three transactions."""
    values = {"code": code, "host": "host-" + code, "guest": "guest-" + code, "exp": "2099-01-01T00:00:00.000Z"}
    calls = [
        ["INSERT INTO pendings (joinid, client1, exp) VALUES (:code, :host, :exp)"],
        [
            "UPDATE pendings SET client2 = :guest WHERE joinid = :code",
            f"INSERT INTO rooms (roomid, client1, client2) VALUES ({ROOM_ID_SQL}, :host, :guest)",
        ],
        [
            "SELECT roomid FROM rooms WHERE client1 = :host AND client2 = :guest",
            "DELETE FROM pendings WHERE joinid = :code",
        ],
    ]
    for statements in calls:
        connection.execute("BEGIN IMMEDIATE")
        for statement in statements:
            connection.execute(statement, values).fetchall()
        connection.execute("COMMIT")
