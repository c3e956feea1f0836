import GRDB
import Pairing

/// The statements on the pairing tables, on one connection inside a transaction.
///
/// Statements are prepared once per connection. What a row holds is taken as it is: another program may have
/// written it.
struct PairingTables {
    private let db: Database

    init(_ db: Database) { self.db = db }

    /// The pending of a code, live or not, with its room if that exists.
    func pending(_ code: JoinCode) throws -> Pending? {
        guard let row = try row(SQL.pending, [code.rawValue]), let client1 = text(row, 0) else { return nil }
        let client1ID = DeviceID(stored: client1)
        var acceptance: Pending.Acceptance?
        if let client2 = text(row, 3).map(DeviceID.init(stored:)) {
            let room = try acceptedRoom(code, client1: client1ID, client2: client2)
            acceptance = Pending.Acceptance(client2: client2, room: room)
        }
        return Pending(client1: client1ID, expires: expiry(row), acceptance: acceptance)
    }

    func insertPending(_ code: JoinCode, client1: DeviceID, expires: Timestamp) throws {
        try execute(SQL.insertPending, [code.rawValue, client1.rawValue, expires.iso8601])
    }

    func deletePending(_ code: JoinCode) throws {
        try execute(SQL.deletePending, [code.rawValue])
    }

    func recordAcceptance(of code: JoinCode, client2: DeviceID, room: RoomID) throws {
        try execute(SQL.acceptPending, [client2.rawValue, code.rawValue])
        try execute(SQL.insertAcceptance, [code.rawValue, room.rawValue])
    }

    func insertRoom(_ room: PairedRoom) throws {
        try execute(SQL.insertRoom, [room.roomID.rawValue, room.client1.rawValue, room.client2.rawValue])
    }

    func room(_ id: RoomID) throws -> PairedRoom? {
        guard let row = try row(SQL.room, [id.rawValue]), let client1 = text(row, 0),
            let client2 = text(row, 1)
        else { return nil }
        return PairedRoom(
            roomID: id, client1: DeviceID(stored: client1), client2: DeviceID(stored: client2))
    }

    /// Returns whether there was one.
    func deleteRoom(_ id: RoomID) throws -> Bool {
        try execute(SQL.deleteRoom, [id.rawValue]) > 0
    }

    func purge(_ devices: [DeviceID]) throws -> Purged {
        var rooms: [RoomID] = []
        var pendings = 0
        for device in devices {
            let deleted = try Row.fetchAll(
                db.cachedStatement(sql: SQL.purgeRooms), arguments: [device.rawValue, device.rawValue])
            // An id that is no text counts as well, but no client can have named it.
            rooms += deleted.map { RoomID(stored: text($0, 0) ?? "") }
            pendings += try execute(SQL.purgePendings, [device.rawValue, device.rawValue])
        }
        return Purged(rooms: rooms, pendings: pendings)
    }

    /// Returns how many pendings had expired. A pending with an unreadable expiry counts as expired.
    func sweepExpired(now: Timestamp) throws -> Int {
        var swept = try execute(SQL.sweep, [now.millisecondsSinceEpoch])
        let unread = try Row.fetchAll(db.cachedStatement(sql: SQL.unreadExpiries))
        for row in unread where expiry(row) <= now {
            swept += try execute(SQL.deleteRow, [row[0] as Int64])
        }
        return swept
    }

    /// What ended at `end` or earlier is forgotten.
    func sweepEnds(before end: Timestamp) throws {
        try execute(SQL.sweepEnds, [end.millisecondsSinceEpoch / 1000])
    }

    /// The first to end first; beyond `limit` only the last to end.
    func endedRooms(since start: Timestamp, limit: Int) throws -> [EndedRoom] {
        let rows = try Row.fetchAll(
            db.cachedStatement(sql: SQL.endedRooms), arguments: [start.millisecondsSinceEpoch / 1000, limit])
        return rows.reversed().compactMap { row in
            guard let id = text(row, 0), let ended = Int64.fromDatabaseValue(row[1] as DatabaseValue),
                ended.magnitude < 1 << 50
            else { return nil }
            return EndedRoom(
                roomID: RoomID(stored: id), ended: Timestamp(millisecondsSinceEpoch: ended * 1000))
        }
    }

    /// Writes a page without changing anything, and so proves that the file can be written. The page is there already, and
    /// so may be its place in the log: whether there is room for more shows only elsewhere (``DatabaseFile/findRoom()``).
    func rewriteHeader() throws {
        guard let version = try Int.fetchOne(db, sql: "PRAGMA user_version") else {
            throw PairingStoreError(.unavailable, "The header of the database cannot be read.")
        }
        try db.execute(sql: "PRAGMA user_version = \(version)")
        _ = try row(SQL.room, [""])
    }

    /// The room that an accepted pending leads to.
    ///
    /// The original backend does not record it: there it is the latest room of the two devices.
    private func acceptedRoom(_ code: JoinCode, client1: DeviceID, client2: DeviceID) throws -> RoomID? {
        let room =
            if let recorded = try row(SQL.acceptance, [code.rawValue]) {
                try row(SQL.recordedRoom, [text(recorded, 0), client1.rawValue, client2.rawValue])
            } else {
                try row(SQL.latestRoom, [client1.rawValue, client2.rawValue])
            }
        return room.flatMap { text($0, 0) }.map(RoomID.init(stored:))
    }

    /// The instant in column 1 as SQLite read it, else what we can read in column 2, else the distant past.
    private func expiry(_ row: Row) -> Timestamp {
        if let milliseconds = Int64.fromDatabaseValue(row[1] as DatabaseValue) {
            return Timestamp(millisecondsSinceEpoch: milliseconds)
        }
        return text(row, 2).flatMap(Timestamp.init(iso8601:)) ?? .earliest
    }

    /// A column as text; nil for NULL and for bytes that are no text, where a plain cast would trap.
    private func text(_ row: Row, _ index: Int) -> String? {
        String.fromDatabaseValue(row[index] as DatabaseValue)
    }

    private func row(_ sql: String, _ arguments: StatementArguments) throws -> Row? {
        try Row.fetchOne(db.cachedStatement(sql: sql), arguments: arguments)
    }

    /// Returns how many rows the statement itself changed, without those of triggers.
    @discardableResult
    private func execute(_ sql: String, _ arguments: StatementArguments) throws -> Int {
        try db.cachedStatement(sql: sql).execute(arguments: arguments)
        return db.changesCount
    }
}

extension PairingTables {
    /// The statements; each lookup is served by an index.
    enum SQL {
        /// The expression of `idx_pendings_exp_instant`, to the letter, so that the index serves it.
        static let instant = """
            CASE WHEN exp GLOB '[0-9]*' \
            THEN CAST(round((julianday(exp) - 2440587.5) * 86400000.0) AS INTEGER) END
            """

        static let pending = "SELECT client1, \(instant), exp, client2 FROM pendings WHERE joinid = ?"
        static let insertPending = "INSERT INTO pendings (joinid, client1, exp) VALUES (?, ?, ?)"
        static let deletePending = "DELETE FROM pendings WHERE joinid = ?"
        static let acceptPending = "UPDATE pendings SET client2 = ? WHERE joinid = ?"
        static let insertAcceptance =
            "INSERT OR REPLACE INTO pending_acceptances (joinid, roomid) VALUES (?, ?)"
        static let acceptance = "SELECT roomid FROM pending_acceptances WHERE joinid = ?"

        static let insertRoom = "INSERT INTO rooms (roomid, client1, client2) VALUES (?, ?, ?)"
        static let room = "SELECT client1, client2 FROM rooms WHERE roomid = ?"
        static let recordedRoom = "SELECT roomid FROM rooms WHERE roomid = ? AND client1 = ? AND client2 = ?"
        static let latestRoom =
            "SELECT roomid FROM rooms WHERE client1 = ? AND client2 = ? ORDER BY rowid DESC LIMIT 1"
        static let deleteRoom = "DELETE FROM rooms WHERE roomid = ?"

        static let sweepEnds = "DELETE FROM ended_rooms WHERE ended <= ?"
        static let endedRooms =
            "SELECT roomid, ended FROM ended_rooms WHERE ended > ? ORDER BY ended DESC LIMIT ?"

        static let purgeRooms = "DELETE FROM rooms WHERE client1 = ? OR client2 = ? RETURNING roomid"
        static let purgePendings = "DELETE FROM pendings WHERE client1 = ? OR client2 = ?"
        static let sweep = "DELETE FROM pendings WHERE \(instant) <= ?"
        static let unreadExpiries = "SELECT rowid, \(instant), exp FROM pendings WHERE \(instant) IS NULL"
        static let deleteRow = "DELETE FROM pendings WHERE rowid = ?"

        /// Every statement, for the test that asks SQLite for their plans.
        static let all = [
            pending, insertPending, deletePending, acceptPending, insertAcceptance, acceptance, insertRoom,
            room, recordedRoom, latestRoom, deleteRoom, sweepEnds, endedRooms, purgeRooms, purgePendings,
            sweep, unreadExpiries, deleteRow,
        ]
    }
}
