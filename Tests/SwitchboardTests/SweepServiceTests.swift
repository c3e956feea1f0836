import Logging
import Pairing
import ServiceLifecycle
import Synchronization
import Testing

@testable import Switchboard

/// A store that only sweeps, and fails as often as it is told to.
private final class SweepingStore: PairingStore {
    let events = PairingEvents()
    private let failuresLeft: Mutex<Int>
    private let (sweeps, continuation) = AsyncStream.makeStream(of: Void.self)

    init(failures: Int) {
        failuresLeft = Mutex(failures)
    }

    /// Returns when the store has been swept this many times more.
    func waitForSweeps(_ count: Int) async {
        var sweeps = sweeps.makeAsyncIterator()
        for _ in 0..<count { await sweeps.next() }
    }

    func sweepExpired(now: Timestamp) async throws(PairingStoreError) -> Int {
        defer { continuation.yield() }
        let fails = failuresLeft.withLock { left in
            left -= 1
            return left >= 0
        }
        if fails { throw PairingStoreError(.unavailable, "disk full") }
        return 1
    }

    func create(
        _ code: JoinCode, client1: DeviceID, expires: Timestamp, now: Timestamp
    ) async throws(PairingStoreError) -> CreateOutcome { .conflict }
    func accept(
        _ code: JoinCode, client2: DeviceID, newRoom: RoomID, now: Timestamp
    ) async throws(PairingStoreError) -> AcceptOutcome { .conflict }
    func check(
        _ code: JoinCode, client1: DeviceID, now: Timestamp
    ) async throws(PairingStoreError) -> CheckOutcome { .pending }
    func room(_ id: RoomID) async throws(PairingStoreError) -> PairedRoom? { nil }
    func deleteRoom(_ id: RoomID) async throws(PairingStoreError) -> Bool { false }
    func purge(_ devices: [DeviceID]) async throws(PairingStoreError) -> Purged {
        Purged(rooms: [], pendings: 0)
    }
    func endedRooms(since start: Timestamp, limit: Int) async throws(PairingStoreError) -> [EndedRoom] { [] }
    func checkHealth() async throws(PairingStoreError) {}
    func open() async throws(PairingStoreError) -> StoreReport {
        StoreReport(engine: "stub", version: "1", pendings: 0, rooms: 0)
    }
    func inspect() async throws(PairingStoreError) -> StoreReport { try await open() }
    func close() async {}
}

@Suite("Sweep")
struct SweepServiceTests {
    @Test("A store that fails for a while is logged once when it begins to and once when it works again")
    func stateChanges() async throws {
        let store = SweepingStore(failures: 3)
        let recorder = EventRecorder()
        let service = SweepService(
            store: store, interval: .milliseconds(1), logger: Logger(label: "test") { _ in recorder.handler })
        let task = Task { try await service.run() }
        await store.waitForSweeps(6)
        task.cancel()
        try await task.value
        #expect(recorder.messages == ["sweep failed", "sweep works again"])
    }
}

/// Keeps the messages of what is logged.
private final class EventRecorder: Sendable {
    private let recorded = Mutex<[String]>([])

    var messages: [String] { recorded.withLock { $0 } }
    var handler: any LogHandler { Handler(recorder: self) }

    private struct Handler: LogHandler {
        let recorder: EventRecorder
        var logLevel = Logger.Level.trace
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.MetadataValue? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            recorder.recorded.withLock { $0.append(event.message.description) }
        }
    }
}
