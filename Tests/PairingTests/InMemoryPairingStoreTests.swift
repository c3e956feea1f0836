import Pairing
import PairingContract
import Testing

@Suite struct InMemoryPairingStoreTests {
    @Test("The store in memory keeps the contract of stores", arguments: StoreContract.clauses)
    func contract(_ clause: StoreContract.Clause) async throws {
        try await clause.check(InMemoryPairingStore())
    }

    @Test("It forgets the first ends of rooms when it remembers too many, and tells them in order")
    func endsBounded() async throws {
        let store = InMemoryPairingStore(capacity: 2)
        let phone = DeviceID(stored: "phone")
        for number in 1...3 {
            let (code, room) = (JoinCode(stored: "\(number)"), RoomID(stored: "\(number)"))
            _ = try await store.create(
                code, client1: phone, expires: now.advanced(by: .seconds(1)), now: now)
            _ = try await store.accept(code, client2: DeviceID(stored: "b"), newRoom: room, now: now)
            _ = try await store.check(code, client1: phone, now: now)
            #expect(try await store.deleteRoom(room))
        }
        let ended = try await store.endedRooms(since: .earliest, limit: 9)
        #expect(ended.count == 2 && ended[0].ended <= ended[1].ended)
    }

    private let now = Timestamp(millisecondsSinceEpoch: 1_000_000)

    @Test("A full store refuses new pendings, and takes them again after a sweep")
    func full() async throws {
        let store = InMemoryPairingStore(capacity: 1)
        let phone = DeviceID(stored: "phone")
        let first = now.advanced(by: .seconds(1))
        _ = try await store.create(JoinCode(stored: "1"), client1: phone, expires: first, now: now)
        do throws(PairingStoreError) {
            _ = try await store.create(JoinCode(stored: "2"), client1: phone, expires: first, now: now)
            Issue.record("a full store took another pending")
        } catch {
            #expect(error.code == .unavailable)
        }
        let renewed = now.advanced(by: .seconds(2))
        let outcome = try await store.create(
            JoinCode(stored: "1"), client1: phone, expires: renewed, now: now)
        #expect(outcome == .created(expires: renewed))

        #expect(try await store.sweepExpired(now: renewed) == 1)
        let later = renewed.advanced(by: .seconds(1))
        let second = try await store.create(
            JoinCode(stored: "2"), client1: phone, expires: later, now: renewed)
        #expect(second == .created(expires: later))
    }
}
