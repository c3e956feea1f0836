import Foundation
import Pairing
import PairingContract
import PairingSQLite
import Testing

/// What the store remembers of rooms that were deleted.
@Suite struct EndedRoomsTests {
    private func withStore(_ body: (SQLitePairingStore, TemporaryDirectory) async throws -> Void) async throws
    {
        let directory = try TemporaryDirectory()
        let store = try SQLitePairingStore(path: directory.file("chat.db"))
        _ = try await store.initialize()
        try await body(store, directory)
        await store.close()
    }

    private func insert(_ numbers: ClosedRange<Int>, _ directory: TemporaryDirectory) throws {
        let rows = numbers.map { "('room-\($0)', 'alice', 'bob-\($0)')" }.joined(separator: ", ")
        try directory.sqlite3("chat.db", "INSERT INTO rooms VALUES \(rows)")
    }

    private func ids(
        _ store: SQLitePairingStore, since start: Timestamp = .earliest, limit: Int = 100
    ) async throws -> [String] {
        try await store.endedRooms(since: start, limit: limit).map(\.roomID.rawValue)
    }

    @Test("A room that is deleted, purged, or deleted by another program has ended, at that time")
    func ends() async throws {
        try await withStore { store, directory in
            try insert(1...4, directory)
            let before = Timestamp.now().advanced(by: .seconds(-1))
            #expect(try await store.deleteRoom(Story.room(1)))
            _ = try await store.purge([DeviceID(stored: "bob-2")])
            try directory.sqlite3("chat.db", "DELETE FROM rooms WHERE roomid = 'room-3'")
            let ended = try await store.endedRooms(since: before, limit: 100)
            #expect(Set(ended.map(\.roomID.rawValue)) == ["room-1", "room-2", "room-3"])
            #expect(ended.allSatisfy { (before...Timestamp.now()).contains($0.ended) })
            #expect(try await ids(store, since: .now().advanced(by: .seconds(1))) == [])
        }
    }

    @Test("A room that never was has not ended, and one that ends again ended then")
    func endsAgain() async throws {
        try await withStore { store, directory in
            #expect(try await !store.deleteRoom(Story.room(1)))
            #expect(try await ids(store) == [])
            try directory.sqlite3("chat.db", "INSERT INTO ended_rooms VALUES ('room-1', 1000)")
            try insert(1...1, directory)
            #expect(try await store.deleteRoom(Story.room(1)))
            let ended = try await store.endedRooms(since: .earliest, limit: 100)
            #expect(ended.count == 1)
            #expect(ended.allSatisfy { $0.ended > Timestamp(millisecondsSinceEpoch: 1_000_000) })
        }
    }

    @Test("They come in the order of their ends, and beyond the limit the last ones")
    func order() async throws {
        try await withStore { store, directory in
            try directory.sqlite3(
                "chat.db",
                "INSERT INTO ended_rooms VALUES ('c', 300), ('a', 100), ('d', 400), ('b', 200)")
            #expect(try await ids(store) == ["a", "b", "c", "d"])
            #expect(try await ids(store, limit: 2) == ["c", "d"])
            let start = Timestamp(millisecondsSinceEpoch: 200_000)
            #expect(try await ids(store, since: start) == ["c", "d"])
        }
    }

    @Test("The sweep forgets an end when no credential can live any more, and does not count it")
    func sweep() async throws {
        try await withStore { store, directory in
            let now = Story.now.millisecondsSinceEpoch / 1000
            let kept = EndedRoom.isKeptFor.components.seconds
            try directory.sqlite3(
                "chat.db", "INSERT INTO ended_rooms VALUES ('old', \(now - kept)), ('new', \(now - kept + 1))"
            )
            #expect(try await store.sweepExpired(now: Story.now) == 0)
            #expect(try await ids(store) == ["new"])
        }
    }

    @Test("It is there after closing and opening")
    func reopened() async throws {
        let directory = try TemporaryDirectory()
        let first = try SQLitePairingStore(path: directory.file("chat.db"))
        _ = try await first.initialize()
        try insert(1...1, directory)
        #expect(try await first.deleteRoom(Story.room(1)))
        await first.close()
        let second = try SQLitePairingStore(path: directory.file("chat.db"))
        #expect(try await ids(second) == ["room-1"])
        await second.close()
    }

    @Test(
        "Ids and times that another program wrote in a form of its own are passed over and delete like others"
    )
    func foreign() async throws {
        try await withStore { store, directory in
            try directory.sqlite3(
                "chat.db",
                """
                INSERT INTO rooms VALUES (x'00ff', 'alice', 'bob');
                DELETE FROM rooms;
                INSERT INTO ended_rooms VALUES ('far', 9223372036854775807), ('word', 'soon'), ('good', 5000);
                """)
            #expect(try await ids(store) == ["good"])
        }
    }
}
