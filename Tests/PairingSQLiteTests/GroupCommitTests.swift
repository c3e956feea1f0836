import Dispatch
import GRDB
import Pairing
import PairingContract
import Synchronization
import Testing

@testable import PairingSQLite

@Suite struct GroupCommitTests {
    /// Holds the store's thread after its next transaction until it is opened, and keeps the reports.
    private final class Gate: Sendable {
        private let reports = Mutex<[TransactionReport]>([])
        private let isHolding = Mutex(false)
        private let semaphore = DispatchSemaphore(value: 0)

        func pass(_ report: TransactionReport) {
            reports.withLock { $0.append(report) }
            if isHolding.withLock({ $0 }) { semaphore.wait() }
        }

        func hold() { isHolding.withLock { $0 = true } }

        func open() {
            isHolding.withLock { $0 = false }
            semaphore.signal()
        }

        var batches: [Int] { reports.withLock { $0.map(\.calls) } }
        var failures: [PairingStoreError.Code?] { reports.withLock { $0.map { $0.error?.code } } }
    }

    /// Runs `calls` so that they all wait while one transaction is under way, and returns the batches.
    private func gathered(
        _ calls: [@Sendable (SQLitePairingStore) async throws -> Void],
        limits: SQLitePairingStore.Limits = .init(),
        configure: @escaping @Sendable (Database) throws -> Void = { _ in },
        whileHeld: (SQLitePairingStore) async throws -> Void = { _ in }
    ) async throws -> Gate {
        let directory = try TemporaryDirectory()
        let gate = Gate()
        let store = SQLitePairingStore(
            path: directory.file("chat.db"), schema: PairingSchema.sql, limits: limits,
            onTransaction: { gate.pass($0) }, configure: configure)
        gate.hold()
        async let first: Void = store.checkHealth()
        try await eventually { gate.batches.count == 1 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, call) in calls.enumerated() {
                group.addTask { try await call(store) }
                try await eventually { store.waitingCalls == index + 1 }
            }
            try await whileHeld(store)
            gate.open()
            try await group.waitForAll()
        }
        try await first
        await store.close()
        return gate
    }

    private static func create(
        _ number: Int
    ) -> @Sendable (SQLitePairingStore) async throws -> Void {
        { store in
            let outcome = try await store.create(
                JoinCode(stored: "code-\(number)"), client1: Story.alice, expires: Story.expiry,
                now: Story.now)
            #expect(outcome == .created(expires: Story.expiry))
        }
    }

    private static func accept(
        _ number: Int, room: Int
    ) -> @Sendable (SQLitePairingStore) async throws -> Void {
        { store in
            let outcome = try await store.accept(
                JoinCode(stored: "code-\(number)"), client2: Story.bob, newRoom: Story.room(room),
                now: Story.now)
            #expect(outcome == .room(Story.room(room)))
        }
    }

    @Test("Calls that wait are committed together, at most a batch at a time")
    func batches() async throws {
        var limits = SQLitePairingStore.Limits()
        limits.maximumBatch = 8
        let gate = try await gathered((0..<20).map(Self.create), limits: limits)
        #expect(gate.batches == [1, 8, 8, 4])
        #expect(gate.failures == [nil, nil, nil, nil])
    }

    @Test("Calls of one batch see each other in the order they came")
    func order() async throws {
        let gate = try await gathered([
            Self.create(1),
            { store in
                let outcome = try await store.accept(
                    JoinCode(stored: "code-1"), client2: Story.bob, newRoom: Story.room(1), now: Story.now)
                #expect(outcome == .room(Story.room(1)))
            },
            { store in
                let outcome = try await store.check(
                    JoinCode(stored: "code-1"), client1: Story.alice, now: Story.now)
                #expect(outcome == .room(Story.room(1)))
            },
        ])
        #expect(gate.batches == [1, 3])
    }

    @Test("A call that fails takes back only what it did itself")
    func oneFails() async throws {
        let gate = try await gathered([
            Self.create(1), Self.create(2), Self.create(3),
            Self.accept(1, room: 1),
            { store in await expectFailure(.internal) { try await Self.accept(2, room: 1)(store) } },
            Self.accept(3, room: 3),
            { store in
                let code = JoinCode(stored: "code-2")
                let outcome = try await store.check(code, client1: Story.alice, now: Story.now)
                #expect(outcome == .pending)
            },
        ])
        #expect(gate.batches == [1, 7])
        #expect(gate.failures == [nil, nil])
    }

    @Test("A full queue refuses at once, and takes calls again when there is room")
    func bounded() async throws {
        var limits = SQLitePairingStore.Limits()
        limits.maximumWaitingCalls = 3
        let gate = try await gathered(
            (0..<3).map(Self.create), limits: limits,
            whileHeld: { store in
                await expectFailure(.unavailable) { try await store.checkHealth() }
            })
        #expect(gate.batches == [1, 3])
    }

    /// Refuses commits while it is armed.
    private final class Saboteur: TransactionObserver, Sendable {
        struct Refusal: Error {}
        let isArmed = Mutex(false)

        func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
        func databaseDidChange(with event: DatabaseEvent) {}
        func databaseWillCommit() throws { if isArmed.withLock({ $0 }) { throw Refusal() } }
        func databaseDidCommit(_ db: Database) {}
        func databaseDidRollback(_ db: Database) {}
    }

    @Test("When a commit fails, every call of it fails and none has happened")
    func commitFails() async throws {
        let directory = try TemporaryDirectory()
        let saboteur = Saboteur()
        let store = SQLitePairingStore(
            path: directory.file("chat.db"), schema: PairingSchema.sql, limits: .init(),
            onTransaction: { _ in },
            configure: { db in db.add(transactionObserver: saboteur, extent: .databaseLifetime) })
        try await store.checkHealth()
        saboteur.isArmed.withLock { $0 = true }
        await expectFailure(.internal) { try await Self.create(1)(store) }
        saboteur.isArmed.withLock { $0 = false }
        let code = JoinCode(stored: "code-1")
        let checked = try await store.check(code, client1: Story.alice, now: Story.now)
        #expect(checked == .notFoundOrExpired)
        try await Self.create(1)(store)
        await store.close()
    }

    @Test("A closed store answers what waited and refuses what comes")
    func closed() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLitePairingStore(path: directory.file("chat.db"))
        try await Self.create(1)(store)
        await store.close()
        await expectFailure(.unavailable) { try await Self.create(2)(store) }
        await expectFailure(.unavailable) { _ = try await store.room(Story.room(1)) }
        await expectFailure(.unavailable) { try await store.checkHealth() }
        await store.close()
        #expect(try directory.sqlite3("chat.db", "SELECT joinid FROM pendings") == "code-1")
    }
}
