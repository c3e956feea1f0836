import GRDB
package import Pairing
import Synchronization

/// The pairing store on an SQLite file.
///
/// Writes wait in one bounded queue and are committed together, with `synchronous=FULL`: an answer leaves
/// after its change has reached the disk. Lookups of rooms read beside them. The file may be missing,
/// locked, damaged or full at any time, also at the start: calls then throw `unavailable`, and work again
/// within a second after the cause is gone.
///
/// All work happens on threads of the store's own. Call ``close()`` at the end.
package final class SQLitePairingStore: PairingStore {
    /// The bounds of a store.
    package struct Limits: Sendable {
        /// How long a transaction or a read waits for a lock that another process holds. Default 2.5 s.
        package var busyTimeout: Duration = .milliseconds(2500)
        /// Writes that may wait, and reads that may wait; one more is `unavailable`. Default 4,096 each.
        package var maximumWaitingCalls = 4096
        /// Calls that one commit may carry; the rest waits for the next. Default 256.
        package var maximumBatch = 256
        /// Connections that read at the same time. Default 4.
        package var maximumReaders = 4

        /// The defaults.
        package init() {}
    }

    package let events = PairingEvents()
    private let database: ReopeningDatabase
    private let writer: GroupCommit
    private let waitingReads = Mutex(0)
    private let maximumWaitingReads: Int

    /// Makes a store on the file at `path`; nothing is opened before the first call.
    ///
    /// - Parameters:
    ///   - path: a file, created if missing with its directories, readable by its owner only.
    ///   - schema: statements applied at every opening, each harmless if applied again.
    ///   - limits: the bounds of the queue and of its waits.
    ///   - onTransaction: called after every write transaction, on the store's thread; must not block.
    /// - Throws: `internal` if `path` names no file (empty, or SQLite's `:memory:`).
    package convenience init(
        path: String, schema: String = PairingSchema.sql, limits: Limits = Limits(),
        onTransaction: @escaping @Sendable (TransactionReport) -> Void = { _ in }
    ) throws(PairingStoreError) {
        guard !path.isEmpty, !path.hasPrefix(":") else {
            throw PairingStoreError(.internal, "A database needs the path of a file.")
        }
        self.init(
            path: path, schema: schema, limits: limits, onTransaction: onTransaction, configure: { _ in })
    }

    /// - Parameter configure: runs on the writing connection after it is set up; tests break it there.
    init(
        path: String, schema: String, limits: Limits,
        onTransaction: @escaping @Sendable (TransactionReport) -> Void,
        configure: @escaping @Sendable (Database) throws -> Void
    ) {
        database = ReopeningDatabase(
            file: DatabaseFile(path: path), schema: schema, limits: limits, configure: configure)
        writer = GroupCommit(database: database, limits: limits, onTransaction: onTransaction)
        maximumWaitingReads = limits.maximumWaitingCalls
    }

    /// How many writes wait for a transaction now, at most ``Limits/maximumWaitingCalls``.
    package var waitingCalls: Int { writer.waitingCalls }

    /// ``open()`` with what only this store can tell.
    package func initialize() async throws(PairingStoreError) -> DatabaseReport {
        let path = database.file.path
        let schema = database.schema
        return try await writer.submit { db in try DatabaseReport(of: db, path: path, schema: schema) }
    }

    /// ``inspect()`` with what only this store can tell; changes nothing, not even a missing file.
    ///
    /// - Throws: `unavailable` if there is no file or it is no database.
    package func checkIntegrity() async throws(PairingStoreError) -> DatabaseReport {
        let database = database
        return try await writer.onOwnThread { () throws(PairingStoreError) in
            try DatabaseReport(inspecting: database.file, schema: database.schema)
        }
    }

    package func open() async throws(PairingStoreError) -> StoreReport {
        StoreReport(try await initialize())
    }

    package func inspect() async throws(PairingStoreError) -> StoreReport {
        StoreReport(try await checkIntegrity())
    }

    package func close() async {
        await writer.close()
    }

    package func create(
        _ code: JoinCode, client1: DeviceID, expires: Timestamp, now: Timestamp
    ) async throws(PairingStoreError) -> CreateOutcome {
        try await writer.submit { db in
            let tables = PairingTables(db)
            let existing = try tables.pending(code)
            guard Pending.mayCreate(over: existing, client1: client1, now: now) else { return .conflict }
            if existing != nil { try tables.deletePending(code) }
            try tables.insertPending(code, client1: client1, expires: expires)
            return .created(expires: expires)
        }
    }

    package func accept(
        _ code: JoinCode, client2: DeviceID, newRoom: RoomID, now: Timestamp
    ) async throws(PairingStoreError) -> AcceptOutcome {
        let outcome: AcceptOutcome = try await writer.submit { db in
            let tables = PairingTables(db)
            switch Pending.accept(try tables.pending(code), client2: client2, now: now) {
            case .answer(let outcome): return outcome
            case .pair(let client1):
                try tables.insertRoom(PairedRoom(roomID: newRoom, client1: client1, client2: client2))
                try tables.recordAcceptance(of: code, client2: client2, room: newRoom)
                return .room(newRoom)
            }
        }
        events.publish(outcome, of: code)
        return outcome
    }

    package func check(
        _ code: JoinCode, client1: DeviceID, now: Timestamp
    ) async throws(PairingStoreError) -> CheckOutcome {
        try await writer.submit { db in
            let tables = PairingTables(db)
            let outcome = Pending.check(try tables.pending(code), client1: client1, now: now)
            if case .room = outcome { try tables.deletePending(code) }
            return outcome
        }
    }

    package func room(_ id: RoomID) async throws(PairingStoreError) -> PairedRoom? {
        try await read { db in try PairingTables(db).room(id) }
    }

    package func deleteRoom(_ id: RoomID) async throws(PairingStoreError) -> Bool {
        let existed = try await writer.submit { db in try PairingTables(db).deleteRoom(id) }
        if existed { events.publish(ended: [id]) }
        return existed
    }

    package func purge(_ devices: [DeviceID]) async throws(PairingStoreError) -> Purged {
        let purged = try await writer.submit { db in try PairingTables(db).purge(devices) }
        events.publish(ended: purged.rooms)
        return purged
    }

    package func sweepExpired(now: Timestamp) async throws(PairingStoreError) -> Int {
        try await writer.submit { db in
            let tables = PairingTables(db)
            try tables.sweepEnds(before: now.advanced(by: .zero - EndedRoom.isKeptFor))
            return try tables.sweepExpired(now: now)
        }
    }

    package func endedRooms(
        since start: Timestamp, limit: Int
    ) async throws(PairingStoreError) -> [EndedRoom] {
        try await read { db in try PairingTables(db).endedRooms(since: start, limit: limit) }
    }

    /// Writes to the file, reads from it, and looks whether the disk has room for more.
    package func checkHealth() async throws(PairingStoreError) {
        try await writer.submit { db in try PairingTables(db).rewriteHeader() }
        let file = database.file
        try await writer.onOwnThread { () throws(PairingStoreError) in try file.findRoom() }
    }
}

extension SQLitePairingStore {
    /// Reads from a connection of the pool. If the database is not open, or fails in a way that only opening
    /// it again can cure, the writer does that and reads.
    private func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(PairingStoreError) -> Value {
        guard let pool = database.openPool() else { return try await writer.submit(body) }
        guard enterRead() else {
            throw PairingStoreError(.unavailable, "Too many reads wait for the database.")
        }
        let result: Result<Value, PairingStoreError> = await withCheckedContinuation { continuation in
            pool.asyncRead { connection in
                let result = Result { try body(connection.get()) }
                continuation.resume(returning: result.mapError { PairingStoreError(database: $0) })
            }
        }
        leaveRead()
        guard case .failure(let error) = result, error.endsConnection else { return try result.get() }
        database.discard(pool, after: error)
        return try await writer.submit(body)
    }

    private func enterRead() -> Bool {
        waitingReads.withLock { waiting in
            guard waiting < maximumWaitingReads else { return false }
            waiting += 1
            return true
        }
    }

    private func leaveRead() {
        waitingReads.withLock { $0 -= 1 }
    }
}
