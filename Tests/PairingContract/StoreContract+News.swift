import Pairing
import Testing

extension StoreContract {
    /// What every store publishes, and what it remembers of rooms that ended.
    package static let news: [Clause] = [
        Clause("It tells of each accept that leads to a room, and of that code only") { store in
            let (news, others) = (Newspaper(), Newspaper())
            let subscription = store.events.subscribe(to: .acceptance(of: Story.code), news.print)
            let apart = store.events.subscribe(to: .acceptance(of: Story.otherCode), others.print)
            #expect(try await accept(store, Story.bob, room: 1) == .notFoundOrExpired)
            try await create(store, Story.alice)
            #expect(try await accept(store, Story.alice, room: 1) == .conflict)
            #expect(news.read == [])
            for _ in 1...2 {
                _ = try await accept(store, Story.bob, room: 1)
                #expect(news.read == [.accepted(Story.code, room: Story.room(1))])
            }
            _ = try await accept(store, Story.carol, room: 2)
            _ = try await check(store)
            #expect(news.read == [])
            try await create(store, Story.carol, code: Story.otherCode)
            await expectFailure(.internal) {
                _ = try await store.accept(
                    Story.otherCode, client2: Story.bob, newRoom: Story.room(1), now: Story.now)
            }
            #expect(news.read == [] && others.read == [])
            subscription?.end()
            apart?.end()
        },
        Clause("It tells of each room that it deletes, once") { store in
            let news = Newspaper()
            let subscription = store.events.subscribe(to: .endedRooms, news.print)
            for (number, code) in [Story.code, Story.otherCode, JoinCode(stored: "777")].enumerated() {
                try await create(store, Story.alice, code: code)
                _ = try await store.accept(
                    code, client2: DeviceID(stored: "guest-\(number)"), newRoom: Story.room(number),
                    now: Story.now)
            }
            _ = try await store.deleteRoom(Story.room(9))
            _ = try await store.purge([Story.carol])
            #expect(news.read == [])
            _ = try await store.deleteRoom(Story.room(0))
            #expect(news.read == [.roomsEnded([Story.room(0)])])
            _ = try await store.deleteRoom(Story.room(0))
            #expect(news.read == [])
            _ = try await store.purge([Story.alice])
            guard case .roomsEnded(let rooms)? = news.read.first else {
                Issue.record("the purge was not told")
                return
            }
            #expect(Set(rooms) == [Story.room(1), Story.room(2)] && rooms.count == 2)
            subscription?.end()
        },
        Clause("It remembers each room that it deleted, once, with the time") { store in
            let before = Timestamp.now().advanced(by: .seconds(-2))
            for (number, code) in [Story.code, Story.otherCode, JoinCode(stored: "777")].enumerated() {
                try await create(store, Story.alice, code: code)
                let guest = DeviceID(stored: "guest-\(number)")
                _ = try await store.accept(
                    code, client2: guest, newRoom: Story.room(number), now: Story.now)
            }
            _ = try await store.deleteRoom(Story.room(9))
            #expect(try await store.endedRooms(since: .earliest, limit: 100) == [])
            _ = try await store.deleteRoom(Story.room(0))
            _ = try await store.deleteRoom(Story.room(0))
            _ = try await store.purge([DeviceID(stored: "guest-1")])
            let ended = try await store.endedRooms(since: before, limit: 100)
            #expect(ended.count == 2 && Set(ended.map(\.roomID)) == [Story.room(0), Story.room(1)])
            #expect(ended.allSatisfy { (before...Timestamp.now()).contains($0.ended) })
            #expect(try await store.endedRooms(since: before, limit: 1).count == 1)
            let later = Timestamp.now().advanced(by: .seconds(1))
            #expect(try await store.endedRooms(since: later, limit: 100) == [])
        },
        Clause("A sweep forgets the end of a room when no credential for it can live, and does not count it")
        {
            store in
            try await create(store, Story.alice)
            _ = try await accept(store, Story.bob, room: 1)
            _ = try await check(store)
            _ = try await store.deleteRoom(Story.room(1))
            let now = Timestamp.now()
            #expect(try await store.sweepExpired(now: now) == 0)
            #expect(try await store.endedRooms(since: .earliest, limit: 9).map(\.roomID) == [Story.room(1)])
            let end = now.advanced(by: EndedRoom.isKeptFor + .seconds(2))
            #expect(try await store.sweepExpired(now: end) == 0)
            #expect(try await store.endedRooms(since: .earliest, limit: 9) == [])
        },
    ]
}
