import Signaling
import Testing
import Timing

@Suite("A table of rooms")
struct RoomTableTests {
    private let now = MonotonicTime(nanoseconds: 0)

    private func table() -> RoomTable<String> {
        RoomTable(rules: .init(probeTimeout: .seconds(2), probeInterval: .seconds(10)))
    }

    @Test("opens rooms for the first and closes them behind the last")
    func lifetime() {
        var rooms = table()
        let room = rooms.join("r", leaving: nil, member: "a", device: nil, now: now).room
        #expect(rooms.join("r", leaving: nil, member: "b", device: nil, now: now).room == room)
        #expect(rooms.join("s", leaving: nil, member: "c", device: nil, now: now).room != room)
        #expect(rooms.count == 2)
        #expect(
            rooms.summaries(limit: 10).sorted { $0.roomID < $1.roomID } == [
                RoomSummary(roomID: "r", userCount: 2), RoomSummary(roomID: "s", userCount: 1),
            ])
        #expect(rooms.summaries(limit: 1).count == 1)
        #expect(rooms.peer(of: "a", in: room) == "b")
        #expect(rooms.leave(room, member: "a").peer == "b")
        #expect(rooms.leave(room, member: "a").peer == nil)
        #expect(rooms.count == 2)
        #expect(rooms.leave(room, member: "b").peer == nil)
        #expect(rooms.count == 1)
    }

    @Test("forgets the handle of a room that was closed, also when its place is used again")
    func handles() {
        var rooms = table()
        let first = rooms.join("r", leaving: nil, member: "a", device: nil, now: now).room
        _ = rooms.leave(first, member: "a")
        let second = rooms.join("s", leaving: nil, member: "a", device: nil, now: now).room
        #expect(first != second)
        #expect(!rooms.isSeated("a", in: first) && rooms.isSeated("a", in: second))
        #expect(rooms.peer(of: "a", in: first) == nil)
        #expect(rooms.leave(first, member: "a").peer == nil)
        rooms.stopWaiting("a", in: first)
        #expect(rooms.heard("a", in: first).isEmpty)
        #expect(rooms.isSeated("a", in: second))
        #expect(rooms.count == 1)
    }

    @Test("moves a member in one step, and lets it keep its seat when the new room is full")
    func moves() {
        var rooms = table()
        let first = rooms.join("r", leaving: nil, member: "a", device: nil, now: now).room
        _ = rooms.join("r", leaving: nil, member: "b", device: nil, now: now)
        let moved = rooms.join("s", leaving: first, member: "b", device: nil, now: now)
        #expect(moved.departure?.peer == "a")
        #expect(!rooms.isSeated("b", in: first))
        #expect(rooms.isSeated("b", in: moved.room))
        _ = rooms.join("s", leaving: nil, member: "c", device: nil, now: now)
        let waiting = rooms.join("s", leaving: first, member: "a", device: nil, now: now)
        #expect(waiting.departure == nil)
        guard case .waiting = waiting.outcome else { return #expect(Bool(false)) }
        #expect(rooms.isWaiting("a", in: waiting.room))
        #expect(rooms.isSeated("a", in: first))
        rooms.stopWaiting("a", in: waiting.room)
        #expect(!rooms.isWaiting("a", in: waiting.room))
        #expect(rooms.join("t", leaving: first, member: "a", device: nil, now: now).departure?.peer == nil)
        #expect(rooms.summaries(limit: 9).map(\.roomID).sorted() == ["s", "t"])
        guard
            case .alreadySeated = rooms.join("s", leaving: moved.room, member: "c", device: nil, now: now)
                .outcome
        else { return #expect(Bool(false)) }
        _ = rooms.join("u", leaving: nil, member: "d", device: nil, now: now)
        #expect(rooms.count == 3)
    }

    @Test("keeps its counts through any play of joins and leaves")
    func play() {
        var rooms = table()
        var generator = SeededGenerator(seed: 7)
        var seats: [String: (id: LiveRoomID, room: RoomHandle)] = [:]
        for step in 0..<20_000 {
            let member = "m\(Int.random(in: 0..<40, using: &generator))"
            let id: LiveRoomID = ["q", "r", "s", "t", "u", "v"].randomElement(using: &generator) ?? "q"
            if Bool.random(using: &generator) {
                let now = MonotonicTime(nanoseconds: Int64(step) * 1_000_000_000)
                let joined = rooms.join(
                    id, leaving: seats[member]?.room, member: member, device: nil, now: now)
                if case .seated(let peer, let evicted) = joined.outcome {
                    for gone in evicted { seats[gone] = nil }
                    seats[member] = (id, joined.room)
                    #expect(peer == rooms.peer(of: member, in: joined.room))
                } else {
                    rooms.stopWaiting(member, in: joined.room)
                }
            } else if let seat = seats.removeValue(forKey: member) {
                _ = rooms.leave(seat.room, member: member)
            }
            for (member, seat) in seats where !rooms.isSeated(member, in: seat.room) {
                return #expect(Bool(false), "\(member) lost its seat at step \(step)")
            }
        }
        #expect(rooms.count == Set(seats.values.map(\.id)).count)
        #expect(rooms.summaries(limit: .max).reduce(0) { $0 + $1.userCount } == seats.count)
    }
}
