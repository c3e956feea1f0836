import Synchronization

/// A store that forgets everything with the process: for tests and for trying the server out.
package final class InMemoryPairingStore: PairingStore {
    private struct Tables {
        var pendings: [JoinCode: Pending] = [:]
        var rooms: [RoomID: PairedRoom] = [:]

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
    }

    package let events = PairingEvents()
    private let tables = Mutex(Tables())
    private let capacity: Int

    /// Makes an empty store.
    ///
    /// - Parameter capacity: the greatest number of pendings, and of rooms; beyond it the calls that would
    ///   add one fail with `unavailable`.
    package init(capacity: Int = 100_000) { self.capacity = capacity }

    package func create(
        _ code: JoinCode, client1: DeviceID, expires: Timestamp, now: Timestamp
    ) async throws(PairingStoreError) -> CreateOutcome {
        try tables.withLock { tables throws(PairingStoreError) in
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
        let outcome: AcceptOutcome = try tables.withLock { tables throws(PairingStoreError) in
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
        tables.withLock { tables in
            let outcome = Pending.check(tables.pending(code), client1: client1, now: now)
            if case .room = outcome { tables.pendings[code] = nil }
            return outcome
        }
    }

    package func room(_ id: RoomID) async throws(PairingStoreError) -> PairedRoom? {
        tables.withLock { $0.rooms[id] }
    }

    package func deleteRoom(_ id: RoomID) async throws(PairingStoreError) -> Bool {
        let existed = tables.withLock { $0.rooms.removeValue(forKey: id) != nil }
        if existed { events.publish(ended: [id]) }
        return existed
    }

    package func purge(_ devices: [DeviceID]) async throws(PairingStoreError) -> Purged {
        let devices = Set(devices)
        let purged = tables.withLock { tables in
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
            return purged
        }
        events.publish(ended: purged.rooms)
        return purged
    }

    package func sweepExpired(now: Timestamp) async throws(PairingStoreError) -> Int {
        tables.withLock { tables in
            let before = tables.pendings.count
            tables.pendings = tables.pendings.filter { $0.value.expires > now }
            return before - tables.pendings.count
        }
    }

    package func checkHealth() async throws(PairingStoreError) {}

    private static let full = PairingStoreError(.unavailable, "The store in memory is full.")
}
