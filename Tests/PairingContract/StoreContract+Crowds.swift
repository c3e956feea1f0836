import Pairing
import Testing

extension StoreContract {
    /// What every store must do when calls arrive at once.
    package static let crowds: [Clause] = [
        Clause("Of 200 devices that accept one code at once exactly one gets the room") { store in
            _ = try await store.create(
                Story.code, client1: Story.alice, expires: Story.expiry, now: Story.now)
            let outcomes = try await concurrently(200) { number in
                try await store.accept(
                    Story.code, client2: DeviceID(stored: "device-\(number)"), newRoom: Story.room(number),
                    now: Story.now)
            }
            let winners = outcomes.enumerated().filter { $0.element != .conflict }
            #expect(winners.count == 1)
            let winner = try #require(winners.first)
            #expect(winner.element == .room(Story.room(winner.offset)))
            let handedOver = try await store.check(Story.code, client1: Story.alice, now: Story.now)
            #expect(handedOver == .room(Story.room(winner.offset)))
            for number in 0..<200 where number != winner.offset {
                #expect(try await store.room(Story.room(number)) == nil)
            }
        },
        Clause("Of 100 devices that create one code at once exactly one gets it") { store in
            let outcomes = try await concurrently(100) { number in
                try await store.create(
                    Story.code, client1: DeviceID(stored: "device-\(number)"), expires: Story.expiry,
                    now: Story.now)
            }
            #expect(outcomes.filter { $0 == .created(expires: Story.expiry) }.count == 1)
            #expect(outcomes.filter { $0 == .conflict }.count == 99)
        },
        Clause("Of 50 checks at once exactly one is handed the room") { store in
            _ = try await store.create(
                Story.code, client1: Story.alice, expires: Story.expiry, now: Story.now)
            _ = try await store.accept(
                Story.code, client2: Story.bob, newRoom: Story.room(1), now: Story.now)
            let outcomes = try await concurrently(50) { _ in
                try await store.check(Story.code, client1: Story.alice, now: Story.now)
            }
            #expect(outcomes.filter { $0 == .room(Story.room(1)) }.count == 1)
            #expect(outcomes.filter { $0 == .notFoundOrExpired }.count == 49)
        },
        Clause("200 pairs that pair at once all get their own room") { store in
            let correct = try await concurrently(200) { number in
                let code = JoinCode(stored: "code-\(number)")
                let maker = DeviceID(stored: "maker-\(number)")
                let guest = DeviceID(stored: "guest-\(number)")
                let created = try await store.create(
                    code, client1: maker, expires: Story.expiry, now: Story.now)
                let accepted = try await store.accept(
                    code, client2: guest, newRoom: Story.room(number), now: Story.now)
                let checked = try await store.check(code, client1: maker, now: Story.now)
                let room = try await store.room(Story.room(number))
                return created == .created(expires: Story.expiry) && accepted == .room(Story.room(number))
                    && checked == .room(Story.room(number))
                    && room == PairedRoom(roomID: Story.room(number), client1: maker, client2: guest)
            }
            #expect(correct == Array(repeating: true, count: 200))
        },
    ]

    /// Runs `body` for 0..<count at once and returns the results in that order.
    private static func concurrently<Value: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Value
    ) async throws -> [Value] {
        try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            for number in 0..<count { group.addTask { (number, try await body(number)) } }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }.sorted { $0.key < $1.key }.map(
                \.value)
        }
    }
}
