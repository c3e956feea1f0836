import GRDB
import Pairing
import Synchronization

/// A connection pool that is opened when it is needed, and again after the file has failed.
///
/// ``pool()`` blocks and belongs to the writer's thread; the rest may be called from anywhere.
final class ReopeningDatabase: Sendable {
    private enum State {
        case closed
        case open(DatabasePool, DatabaseFile.Identity)
        /// Not to be used any more; closed before the file is opened again.
        case stale(DatabasePool)
        /// Opening failed; until `retry` the same error is answered without another attempt.
        case failed(PairingStoreError, retry: ContinuousClock.Instant, delay: Duration)
        case shutDown
    }

    /// The pause after a first failed opening; each further one doubles it up to `longestDelay`.
    private static let firstDelay: Duration = .milliseconds(50)
    private static let longestDelay: Duration = .seconds(1)
    /// What the write-ahead log may keep on disk after a checkpoint.
    private static let maximumIdleLogBytes = 16 << 20

    let file: DatabaseFile
    let schema: String
    private let limits: SQLitePairingStore.Limits
    private let configure: @Sendable (Database) throws -> Void
    private let state = Mutex(State.closed)

    init(
        file: DatabaseFile, schema: String, limits: SQLitePairingStore.Limits,
        configure: @escaping @Sendable (Database) throws -> Void
    ) {
        self.file = file
        self.schema = schema
        self.limits = limits
        self.configure = configure
    }

    /// The pool if it is open on the file that is at the path now.
    ///
    /// A file that was deleted or replaced lives on for programs that have it open: what is written to it is lost.
    func openPool() -> DatabasePool? {
        guard case .open(let pool, let identity) = state.withLock({ $0 }), file.identity == identity else {
            return nil
        }
        return pool
    }

    /// The open pool, opened now if necessary.
    func pool() throws(PairingStoreError) -> DatabasePool {
        if let pool = openPool() { return pool }
        var delay = Self.firstDelay
        switch state.withLock({ $0 }) {
        case .closed: break
        case .open(let pool, _), .stale(let pool):
            // Two pools on one path would share its side files, of which each believes to be the owner.
            try? pool.close()
            state.withLock { $0 = .closed }
        case .failed(let error, let retry, let previous):
            guard retry <= .now else { throw error }
            delay = min(previous * 2, Self.longestDelay)
        case .shutDown: throw PairingStoreError(.unavailable, "The store is closed.")
        }
        do throws(PairingStoreError) {
            let (pool, identity) = try open()
            state.withLock { $0 = .open(pool, identity) }
            return pool
        } catch {
            state.withLock { $0 = .failed(error, retry: .now + delay, delay: delay) }
            throw error
        }
    }

    /// Has the file opened again before its next use if `error` says that the connection cannot recover.
    func discard(_ pool: DatabasePool, after error: PairingStoreError) {
        guard error.endsConnection else { return }
        state.withLock { state in
            if case .open(let current, _) = state, current === pool { state = .stale(pool) }
        }
    }

    /// Closes for good, after the reads that are under way. Blocks; for the writer's thread.
    func close() {
        let last = state.withLock { state in
            defer { state = .shutDown }
            return state
        }
        switch last {
        case .open(let pool, _), .stale(let pool): try? pool.close()
        case .closed, .failed, .shutDown: break
        }
    }

    private func open() throws(PairingStoreError) -> (DatabasePool, DatabaseFile.Identity) {
        try file.create()
        do {
            let pool = try DatabasePool(path: file.path, configuration: configuration())
            try pool.writeWithoutTransaction { db in
                // The pool has set synchronous=NORMAL by now, which loses commits with the power.
                try db.execute(sql: "PRAGMA synchronous = FULL")
                guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
                    throw PairingStoreError(.internal, "SQLite does not take synchronous=FULL.")
                }
                try db.execute(sql: "PRAGMA fullfsync = ON")
                try db.execute(sql: "PRAGMA journal_size_limit = \(Self.maximumIdleLogBytes)")
                try db.inTransaction(.immediate) {
                    try db.execute(sql: schema)
                    return .commit
                }
                try configure(db)
            }
            guard let identity = file.identity else {
                throw PairingStoreError(.unavailable, "The database file vanished while it was opened.")
            }
            return (pool, identity)
        } catch {
            throw PairingStoreError(database: error)
        }
    }

    private func configuration() -> GRDB.Configuration {
        var configuration = GRDB.Configuration()
        let (seconds, attoseconds) = limits.busyTimeout.components
        let timeout = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        configuration.label = "switchboard.pairing"
        // Not `busyMode`: the pool's readers have a longer one of their own.
        configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA busy_timeout = \(timeout)") }
        configuration.maximumReaderCount = max(1, limits.maximumReaders)
        configuration.foreignKeysEnabled = false
        return configuration
    }
}
