import Pairing
import Synchronization

/// A store whose every call does what the test says: fail, or wait until it is told to go on.
final class StubStore: PairingStore {
    let events = PairingEvents()
    private let failure: PairingStoreError?
    private let waiters = Mutex<[CheckedContinuation<Void, Never>]>([])

    /// - Parameter failure: thrown by every call; nil makes every call wait for `releaseAll`.
    init(failure: PairingStoreError?) { self.failure = failure }

    /// Calls that wait.
    var waiting: Int { waiters.withLock { $0.count } }

    func releaseAll() {
        let released = waiters.withLock { waiters in
            defer { waiters = [] }
            return waiters
        }
        for waiter in released { waiter.resume() }
    }

    private func answer() async throws(PairingStoreError) {
        if let failure { throw failure }
        await withCheckedContinuation { waiter in waiters.withLock { $0.append(waiter) } }
    }

    func create(
        _ code: JoinCode, client1: DeviceID, expires: Timestamp, now: Timestamp
    ) async throws(PairingStoreError) -> CreateOutcome {
        try await answer()
        return .conflict
    }

    func accept(
        _ code: JoinCode, client2: DeviceID, newRoom: RoomID, now: Timestamp
    ) async throws(PairingStoreError) -> AcceptOutcome {
        try await answer()
        return .notFoundOrExpired
    }

    func check(
        _ code: JoinCode, client1: DeviceID, now: Timestamp
    ) async throws(PairingStoreError) -> CheckOutcome {
        try await answer()
        return .pending
    }

    func room(_ id: RoomID) async throws(PairingStoreError) -> PairedRoom? {
        try await answer()
        return nil
    }

    func deleteRoom(_ id: RoomID) async throws(PairingStoreError) -> Bool {
        try await answer()
        return false
    }

    func purge(_ devices: [DeviceID]) async throws(PairingStoreError) -> Purged {
        try await answer()
        return Purged(rooms: [], pendings: 0)
    }

    func sweepExpired(now: Timestamp) async throws(PairingStoreError) -> Int {
        try await answer()
        return 0
    }

    func endedRooms(since start: Timestamp, limit: Int) async throws(PairingStoreError) -> [EndedRoom] {
        try await answer()
        return []
    }

    func checkHealth() async throws(PairingStoreError) { try await answer() }

    func open() async throws(PairingStoreError) -> StoreReport {
        try await answer()
        return StoreReport(engine: "stub", version: "1", pendings: 0, rooms: 0)
    }

    func inspect() async throws(PairingStoreError) -> StoreReport { try await open() }

    func close() async {}
}
