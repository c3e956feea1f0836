import Synchronization

/// A store that forgets everything with the process: for tests and for trying the server out.
package final class InMemoryPairingStore: PairingStore {
    private struct Tables {
        var pendings: [JoinCode: Pending] = [:]
        var rooms: [RoomID: PairedRoom] = [:]
        var ends: [RoomID: Timestamp] = [:]
        var isClosed = false

        /// The pending of a code, with its room only if that still exists.
        func pending(_ code: JoinCode) -> Pending? {
            guard let pending = pendings[code] else { return nil }
            guard let acceptance = pending.acceptance, let room = acceptance.room, rooms[room] == nil else {
                return pending
            }
            return Pending(
                client1: pending.client1, expires: pending.expires,
                acceptance: Pending.Acceptance(client2: acceptance.client2, room: nil))
        }

        /// Remembers that rooms ended; of too many the last to end.
        mutating func end(_ rooms: [RoomID], at time: Timestamp, capacity: Int) {
            for room in rooms { ends[room] = time.wholeSeconds }
            guard ends.count > capacity else { return }
            let last = ends.sorted { $0.value < $1.value }.suffix(capacity)
            ends = Dictionary(last.map { ($0.key, $0.value) }) { first, _ in first }
        }
    }

    package let events = PairingEvents()
    private let tables = Mutex(Tables())
    private let capacity: Int
    private let clock: @Sendable () -> Timestamp

    /// Makes an empty store.
    ///
    /// - Parameters:
    ///   - capacity: the greatest number of pendings, and of rooms; beyond it the calls that would add one fail with
    ///     `unavailable`. Of the ends of rooms, so many are remembered.
    ///   - clock: says when a room ended.
    package init(capacity: Int = 100_000, clock: @escaping @Sendable () -> Timestamp = { .now() }) {
        self.capacity = capacity
        self.clock = clock
    }

    package func create(
        _ code: JoinCode, client1: DeviceID, expires: Timestamp, now: Timestamp
    ) async throws(PairingStoreError) -> CreateOutcome {
        try withTables { tables throws(PairingStoreError) in
            let existing = tables.pending(code)
            guard Pending.mayCreate(over: existing, client1: client1, now: now) else { return .conflict }
            guard existing != nil || tables.pendings.count < capacity else { throw Self.full }
            tables.pendings[code] = Pending(client1: client1, expires: expires)
            return .created(expires: expires)
        }
    }

    package func accept(
        _ code: JoinCode, client2: DeviceID, newRoom: RoomID, now: Timestamp
    ) async throws(PairingStoreError) -> AcceptOutcome {
        let outcome: AcceptOutcome = try withTables { tables throws(PairingStoreError) in
            guard let pending = tables.pending(code) else { return .notFoundOrExpired }
            switch Pending.accept(pending, client2: client2, now: now) {
            case .answer(let outcome): return outcome
            case .pair(let client1):
                guard tables.rooms[newRoom] == nil else {
                    throw PairingStoreError(.internal, "A new room has the id of an existing one.")
                }
                guard tables.rooms.count < capacity else { throw Self.full }
                tables.rooms[newRoom] = PairedRoom(roomID: newRoom, client1: client1, client2: client2)
                tables.pendings[code] = Pending(
                    client1: client1, expires: pending.expires,
                    acceptance: Pending.Acceptance(client2: client2, room: newRoom))
                return .room(newRoom)
            }
        }
        events.publish(outcome, of: code)
        return outcome
    }

    package func check(
        _ code: JoinCode, client1: DeviceID, now: Timestamp
    ) async throws(PairingStoreError) -> CheckOutcome {
        try withTables { tables in
            let outcome = Pending.check(tables.pending(code), client1: client1, now: now)
            if case .room = outcome { tables.pendings[code] = nil }
            return outcome
        }
    }

    package func room(_ id: RoomID) async throws(PairingStoreError) -> PairedRoom? {
        try withTables { $0.rooms[id] }
    }

    package func deleteRoom(_ id: RoomID) async throws(PairingStoreError) -> Bool {
        let ended = clock()
        let existed = try withTables { tables in
            guard tables.rooms.removeValue(forKey: id) != nil else { return false }
            tables.end([id], at: ended, capacity: capacity)
            return true
        }
        if existed { events.publish(ended: [id]) }
        return existed
    }

    package func purge(_ devices: [DeviceID]) async throws(PairingStoreError) -> Purged {
        let devices = Set(devices)
        let ended = clock()
        let purged = try withTables { tables in
            let rooms = tables.rooms.filter {
                devices.isDisjoint(with: [$0.value.client1, $0.value.client2])
            }
            let pendings = tables.pendings.filter { _, pending in
                !devices.contains(pending.client1)
                    && !(pending.acceptance.map { devices.contains($0.client2) } ?? false)
            }
            let purged = Purged(
                rooms: tables.rooms.keys.filter { rooms[$0] == nil },
                pendings: tables.pendings.count - pendings.count)
            tables.rooms = rooms
            tables.pendings = pendings
            tables.end(purged.rooms, at: ended, capacity: capacity)
            return purged
        }
        events.publish(ended: purged.rooms)
        return purged
    }

    package func sweepExpired(now: Timestamp) async throws(PairingStoreError) -> Int {
        try withTables { tables in
            let forgotten = now.advanced(by: .zero - EndedRoom.isKeptFor)
            tables.ends = tables.ends.filter { $0.value > forgotten }
            let before = tables.pendings.count
            tables.pendings = tables.pendings.filter { $0.value.expires > now }
            return before - tables.pendings.count
        }
    }

    package func endedRooms(
        since start: Timestamp, limit: Int
    ) async throws(PairingStoreError) -> [EndedRoom] {
        let ends = try withTables { $0.ends.filter { $0.value > start.wholeSeconds } }
        return ends.sorted { $0.value < $1.value }.suffix(max(0, limit)).map {
            EndedRoom(roomID: $0.key, ended: $0.value)
        }
    }

    package func checkHealth() async throws(PairingStoreError) { try withTables { _ in } }

    package func open() async throws(PairingStoreError) -> StoreReport {
        try withTables { tables in
            StoreReport(
                engine: "memory", version: "1", pendings: tables.pendings.count, rooms: tables.rooms.count)
        }
    }

    package func inspect() async throws(PairingStoreError) -> StoreReport { try await open() }

    package func close() async { tables.withLock { $0.isClosed = true } }

    private func withTables<Value>(
        _ body: (inout Tables) throws(PairingStoreError) -> Value
    ) throws(PairingStoreError) -> Value {
        let result: Result<Value, PairingStoreError> = tables.withLock { tables in
            guard !tables.isClosed else { return .failure(Self.closed) }
            do throws(PairingStoreError) { return .success(try body(&tables)) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private static let closed = PairingStoreError(.unavailable, "The store is closed.")

    private static let full = PairingStoreError(.unavailable, "The store in memory is full.")
}

extension Timestamp {
    fileprivate var wholeSeconds: Timestamp {
        Timestamp(millisecondsSinceEpoch: millisecondsSinceEpoch / 1000 * 1000)
    }
}
