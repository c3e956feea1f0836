-- The database of Switchboard's pairing.
--
-- Every statement may run again on a database that exists, also on one made by the original backend: what
-- is missing is added, nothing is changed or dropped. `switchboard serve` and `switchboard db init` apply
-- this schema; `sqlite3 chat.db < scripts/init-db.sql` does the same. Needs SQLite 3.20 or later.

-- Invitations that wait for their second device or to be collected by their first.
CREATE TABLE IF NOT EXISTS pendings (
    joinid  TEXT NOT NULL PRIMARY KEY,
    client1 TEXT NOT NULL,
    exp     DATETIME NOT NULL,  -- UTC, ISO-8601; Switchboard writes 2030-01-01T00:00:00.000Z
    client2 TEXT                -- NULL until somebody accepts
);

-- Pairs of devices that have found each other.
CREATE TABLE IF NOT EXISTS rooms (
    roomid  TEXT NOT NULL PRIMARY KEY,
    client1 TEXT NOT NULL,
    client2 TEXT NOT NULL
);

CREATE INDEX IF NOT EXISTS idx_pendings_client1 ON pendings(client1);
CREATE INDEX IF NOT EXISTS idx_pendings_exp ON pendings(exp);
CREATE INDEX IF NOT EXISTS idx_rooms_client1 ON rooms(client1);
CREATE INDEX IF NOT EXISTS idx_rooms_client2 ON rooms(client2);

-- Finds what a purge deletes.
CREATE INDEX IF NOT EXISTS idx_pendings_client2 ON pendings(client2) WHERE client2 IS NOT NULL;

-- Expiry as an instant, in milliseconds since 1970: texts of different form or offset do not compare.
-- NULL for what SQLite cannot read; the test for a digit keeps out 'now', which no index may hold.
CREATE INDEX IF NOT EXISTS idx_pendings_exp_instant ON pendings(
    CASE WHEN exp GLOB '[0-9]*' THEN CAST(round((julianday(exp) - 2440587.5) * 86400000.0) AS INTEGER) END
);

-- Which room an accepted pending leads to. A pending accepted by the original backend has no row here; its
-- room is the latest one of the same two devices.
CREATE TABLE IF NOT EXISTS pending_acceptances (
    joinid TEXT NOT NULL PRIMARY KEY,
    roomid TEXT NOT NULL
) WITHOUT ROWID;

-- Other programs need not know that table: when a pending goes or is replaced, its row there goes too.
CREATE TRIGGER IF NOT EXISTS pendings_delete_forgets_acceptance AFTER DELETE ON pendings
BEGIN
    DELETE FROM pending_acceptances WHERE joinid = OLD.joinid;
END;
CREATE TRIGGER IF NOT EXISTS pendings_insert_forgets_acceptance AFTER INSERT ON pendings
BEGIN
    DELETE FROM pending_acceptances WHERE joinid = NEW.joinid;
END;

-- Rooms that were deleted, with the time in seconds since 1970: the relay's credentials for them are over, also for
-- a server that starts later. Rows go when no such credential can live any more, after a week.
CREATE TABLE IF NOT EXISTS ended_rooms (
    roomid TEXT NOT NULL PRIMARY KEY,
    ended  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS idx_ended_rooms_ended ON ended_rooms(ended);

-- Other programs need not know that table either.
CREATE TRIGGER IF NOT EXISTS rooms_delete_records_end AFTER DELETE ON rooms
BEGIN
    DELETE FROM ended_rooms WHERE roomid = OLD.roomid;
    INSERT OR IGNORE INTO ended_rooms (roomid, ended) VALUES (OLD.roomid, CAST(strftime('%s', 'now') AS INTEGER));
END;
