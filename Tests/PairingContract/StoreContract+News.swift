import Pairing
import Testing

extension StoreContract {
    /// What every store publishes.
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
    ]
}
