import Dispatch
import GRDB
import Pairing
import Synchronization

/// Commits the writes that wait together, so that one sync of the disk serves all of them.
///
/// A turn takes what waits, runs it in one IMMEDIATE transaction with a savepoint for each call, and answers
/// after the COMMIT. A call that fails takes only itself back; a commit that fails fails every call of it.
/// Turns follow each other on one thread that never belongs to an event loop or to Swift's own executor.
final class GroupCommit: Sendable {
    private typealias Answer = @Sendable () -> Void

    private struct Job: Sendable {
        /// Does the work and returns how to tell of it once it is durable.
        let run: @Sendable (Database) throws -> Answer
        let fail: @Sendable (PairingStoreError) -> Void
    }

    private struct Queue {
        var waiting: [Job] = []
        var isRunning = false
        var isClosed = false
    }

    private enum Admission {
        case runTurn
        case waits
        case refused(String)
    }

    private let database: ReopeningDatabase
    private let maximumWaiting: Int
    private let maximumBatch: Int
    private let onTransaction: @Sendable (TransactionReport) -> Void
    private let queue = Mutex(Queue())
    private let thread = DispatchQueue(label: "switchboard.pairing.writer", qos: .userInitiated)

    init(
        database: ReopeningDatabase, limits: SQLitePairingStore.Limits,
        onTransaction: @escaping @Sendable (TransactionReport) -> Void
    ) {
        self.database = database
        self.maximumWaiting = limits.maximumWaitingCalls
        self.maximumBatch = max(1, limits.maximumBatch)
        self.onTransaction = onTransaction
    }

    /// How many calls wait for a turn now.
    var waitingCalls: Int { queue.withLock { $0.waiting.count } }

    /// Runs `body` in a coming transaction and returns when that is durable.
    func submit<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(PairingStoreError) -> Value {
        let result: Result<Value, PairingStoreError> = await withCheckedContinuation { continuation in
            enqueue(
                Job(
                    run: { db in
                        let value = try body(db)
                        return { continuation.resume(returning: .success(value)) }
                    },
                    fail: { error in continuation.resume(returning: .failure(error)) }))
        }
        return try result.get()
    }

    /// Runs `body` between two turns, outside any transaction.
    func onOwnThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws(PairingStoreError) -> Value
    ) async throws(PairingStoreError) -> Value {
        let result: Result<Value, PairingStoreError> = await withCheckedContinuation { continuation in
            thread.async { continuation.resume(returning: Result(catching: body)) }
        }
        return try result.get()
    }

    /// Refuses new calls, waits for the turns that are due, and closes the database.
    func close() async {
        queue.withLock { $0.isClosed = true }
        await withCheckedContinuation { continuation in
            thread.async { [database] in
                database.close()
                continuation.resume()
            }
        }
    }

    private func enqueue(_ job: Job) {
        let admission = queue.withLock { queue -> Admission in
            guard !queue.isClosed else { return .refused("The store is closed.") }
            guard queue.waiting.count < maximumWaiting else {
                return .refused("Too many writes wait for the database.")
            }
            queue.waiting.append(job)
            defer { queue.isRunning = true }
            return queue.isRunning ? .waits : .runTurn
        }
        switch admission {
        case .runTurn: thread.async { self.runTurns() }
        case .waits: break
        case .refused(let reason): job.fail(PairingStoreError(.unavailable, reason))
        }
    }

    private func runTurns() {
        while let batch = nextBatch() {
            let start = ContinuousClock.now
            func report(_ error: PairingStoreError?) {
                let duration = ContinuousClock.now - start
                onTransaction(TransactionReport(calls: batch.count, duration: duration, error: error))
            }
            do throws(PairingStoreError) {
                let answers = try commit(batch, to: try database.pool())
                report(nil)
                for answer in answers { answer() }
            } catch {
                report(error)
                for job in batch { job.fail(error) }
            }
        }
    }

    private func nextBatch() -> [Job]? {
        queue.withLock { queue in
            guard !queue.waiting.isEmpty else {
                queue.isRunning = false
                return nil
            }
            let batch = Array(queue.waiting.prefix(maximumBatch))
            queue.waiting.removeFirst(batch.count)
            return batch
        }
    }

    /// Returns the answers to give, in the order of the calls, after the commit has reached the disk.
    private func commit(_ batch: [Job], to pool: DatabasePool) throws(PairingStoreError) -> [Answer] {
        var answers: [Answer] = []
        var failure: PairingStoreError?
        do {
            try pool.writeWithoutTransaction { db in
                try db.inTransaction(.immediate) {
                    for job in batch {
                        do {
                            answers.append(try inSavepoint(db, job))
                        } catch {
                            // Some errors, such as a full disk, make SQLite roll everything back: then
                            // nothing is left to commit, and the calls before this one fail with it.
                            guard db.isInsideTransaction else { throw error }
                            let error = PairingStoreError(database: error)
                            failure = error
                            answers.append { job.fail(error) }
                        }
                    }
                    return .commit
                }
            }
        } catch {
            let error = PairingStoreError(database: error)
            database.discard(pool, after: error)
            throw error
        }
        if let failure { database.discard(pool, after: failure) }
        return answers
    }

    private func inSavepoint(_ db: Database, _ job: Job) throws -> Answer {
        var answer: Answer = {}
        try db.inSavepoint {
            answer = try job.run(db)
            return .commit
        }
        return answer
    }
}
