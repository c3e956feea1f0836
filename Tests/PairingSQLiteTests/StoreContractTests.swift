import Pairing
import Testing

/// What every store must do, told as the stories of devices that pair.
@Suite struct StoreContractTests {
    @Test(
        "Two devices pair: create, check while nobody has come, accept, check", arguments: StoreKind.allCases)
    func pairing(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let created = try await store.create(
                Story.code, client1: Story.alice, expires: Story.expiry, now: Story.now)
            #expect(created == .created(expires: Story.expiry))
            #expect(try await check(store) == .pending)
            #expect(try await accept(store, Story.bob, room: 1) == .room(Story.room(1)))
            #expect(try await check(store) == .room(Story.room(1)))
            let room = PairedRoom(roomID: Story.room(1), client1: Story.alice, client2: Story.bob)
            #expect(try await store.room(Story.room(1)) == room)
        }
    }

    @Test("A handed-over code is gone for both devices, and free for anybody", arguments: StoreKind.allCases)
    func handedOver(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await create(store, Story.alice)
            _ = try await accept(store, Story.bob, room: 1)
            _ = try await check(store)
            #expect(try await check(store) == .notFoundOrExpired)
            #expect(try await accept(store, Story.bob, room: 2) == .notFoundOrExpired)
            try await create(store, Story.carol)
            #expect(try await accept(store, Story.bob, room: 3) == .room(Story.room(3)))
            #expect(try await store.room(Story.room(1))?.client1 == Story.alice)
        }
    }

    @Test("The device that accepted gets the same room however often it asks", arguments: StoreKind.allCases)
    func acceptAgain(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await create(store, Story.alice)
            for attempt in 1...3 {
                #expect(try await accept(store, Story.bob, room: attempt) == .room(Story.room(1)))
            }
            #expect(try await store.room(Story.room(2)) == nil)
        }
    }

    @Test("An old acceptance keeps its room when the two pair again", arguments: StoreKind.allCases)
    func pairsAgain(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await create(store, Story.alice)
            _ = try await accept(store, Story.bob, room: 1)
            try await create(store, Story.alice, code: Story.otherCode)
            let second = try await store.accept(
                Story.otherCode, client2: Story.bob, newRoom: Story.room(2), now: Story.now)
            #expect(second == .room(Story.room(2)))
            #expect(try await accept(store, Story.bob, room: 3) == .room(Story.room(1)))
            #expect(try await check(store) == .room(Story.room(1)))
        }
    }

    @Test(
        "A third device cannot accept what was accepted, nor the maker its own", arguments: StoreKind.allCases
    )
    func acceptConflicts(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await create(store, Story.alice)
            #expect(try await accept(store, Story.alice, room: 1) == .conflict)
            _ = try await accept(store, Story.bob, room: 2)
            #expect(try await accept(store, Story.carol, room: 3) == .conflict)
            #expect(try await accept(store, Story.alice, room: 4) == .conflict)
            #expect(try await check(store) == .room(Story.room(2)))
            for number in [1, 3, 4] { #expect(try await store.room(Story.room(number)) == nil) }
        }
    }

    @Test("Nobody but the maker learns about an invitation", arguments: StoreKind.allCases)
    func checkByOthers(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            #expect(try await check(store) == .notFoundOrExpired)
            #expect(try await accept(store, Story.bob, room: 1) == .notFoundOrExpired)
            try await create(store, Story.alice)
            #expect(try await check(store, Story.bob) == .notFoundOrExpired)
            _ = try await accept(store, Story.bob, room: 1)
            #expect(try await check(store, Story.bob) == .notFoundOrExpired)
            #expect(try await check(store) == .room(Story.room(1)))
        }
    }

    @Test(
        "The maker renews its unaccepted code; another device gets a conflict", arguments: StoreKind.allCases)
    func createAgain(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await create(store, Story.alice)
            let other = try await store.create(
                Story.code, client1: Story.carol, expires: Story.expiry, now: Story.now)
            #expect(other == .conflict)
            let later = Story.expiry.advanced(by: .seconds(60))
            let renewed = try await store.create(
                Story.code, client1: Story.alice, expires: later, now: Story.now)
            #expect(renewed == .created(expires: later))
            #expect(try await check(store, now: Story.expiry) == .pending)
            #expect(try await check(store, now: later) == .notFoundOrExpired)
        }
    }

    @Test(
        "The maker cannot renew a code that was accepted: the acceptance waits", arguments: StoreKind.allCases
    )
    func createAccepted(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await create(store, Story.alice)
            _ = try await accept(store, Story.bob, room: 1)
            let again = try await store.create(
                Story.code, client1: Story.alice, expires: Story.expiry, now: Story.now)
            #expect(again == .conflict)
            #expect(try await check(store) == .room(Story.room(1)))
        }
    }

    @Test("From its last instant on an invitation does not exist for any call", arguments: StoreKind.allCases)
    func expiry(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await create(store, Story.alice)
            let lastMoment = Story.expiry.advanced(by: .milliseconds(-1))
            #expect(try await check(store, now: lastMoment) == .pending)
            #expect(try await check(store, now: Story.expiry) == .notFoundOrExpired)
            #expect(try await accept(store, Story.bob, room: 1, now: Story.expiry) == .notFoundOrExpired)
            let later = Story.expiry.advanced(by: .seconds(60))
            let taken = try await store.create(
                Story.code, client1: Story.carol, expires: later, now: Story.expiry)
            #expect(taken == .created(expires: later))
            #expect(try await check(store, Story.carol, now: Story.expiry) == .pending)
            #expect(try await check(store, Story.alice, now: Story.expiry) == .notFoundOrExpired)
        }
    }

    @Test(
        "An expired acceptance leaves nothing to whoever takes the code next", arguments: StoreKind.allCases)
    func expiredAcceptance(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await create(store, Story.alice)
            _ = try await accept(store, Story.bob, room: 1)
            #expect(try await check(store, now: Story.expiry) == .notFoundOrExpired)
            #expect(try await accept(store, Story.bob, room: 2, now: Story.expiry) == .notFoundOrExpired)
            let later = Story.expiry.advanced(by: .seconds(60))
            _ = try await store.create(Story.code, client1: Story.alice, expires: later, now: Story.expiry)
            #expect(try await check(store, now: Story.expiry) == .pending)
            let accepted = try await accept(store, Story.bob, room: 3, now: Story.expiry)
            #expect(accepted == .room(Story.room(3)))
            #expect(try await check(store, now: Story.expiry) == .room(Story.room(3)))
        }
    }

    @Test("A sweep deletes what has expired and nothing else", arguments: StoreKind.allCases)
    func sweep(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            for number in 1...5 {
                _ = try await store.create(
                    JoinCode(stored: "code-\(number)"), client1: Story.alice,
                    expires: Story.now.advanced(by: .seconds(number)), now: Story.now)
            }
            #expect(try await store.sweepExpired(now: Story.now) == 0)
            #expect(try await store.sweepExpired(now: Story.now.advanced(by: .seconds(3))) == 3)
            #expect(try await store.sweepExpired(now: Story.now.advanced(by: .milliseconds(4999))) == 1)
            let last = JoinCode(stored: "code-5")
            #expect(try await store.check(last, client1: Story.alice, now: Story.now) == .pending)
        }
    }

    @Test("A deleted room is gone, also for the check that would hand it over", arguments: StoreKind.allCases)
    func deleteRoom(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            #expect(try await store.deleteRoom(Story.room(1)) == false)
            try await create(store, Story.alice)
            _ = try await accept(store, Story.bob, room: 1)
            #expect(try await store.deleteRoom(Story.room(1)))
            #expect(try await store.deleteRoom(Story.room(1)) == false)
            #expect(try await store.room(Story.room(1)) == nil)
            #expect(try await check(store) == .notFoundOrExpired)
            #expect(try await accept(store, Story.bob, room: 2) == .notFoundOrExpired)
            try await create(store, Story.carol)
            #expect(try await accept(store, Story.bob, room: 3) == .room(Story.room(3)))
        }
    }

    @Test(
        "A purge deletes every row of the devices, on either side, and tells which",
        arguments: StoreKind.allCases)
    func purge(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await create(store, Story.alice)
            _ = try await accept(store, Story.bob, room: 1)
            try await create(store, Story.bob, code: Story.otherCode)
            try await create(store, Story.carol, code: JoinCode(stored: "777"))
            _ = try await store.accept(
                JoinCode(stored: "777"), client2: Story.alice, newRoom: Story.room(2), now: Story.now)
            _ = try await store.check(JoinCode(stored: "777"), client1: Story.carol, now: Story.now)

            #expect(try await store.purge([]) == Purged(rooms: [], pendings: 0))
            #expect(try await store.purge([DeviceID(stored: "dave")]) == Purged(rooms: [], pendings: 0))
            #expect(
                try await store.purge([Story.bob, Story.bob])
                    == Purged(rooms: [Story.room(1)], pendings: 2))
            #expect(try await store.room(Story.room(1)) == nil)
            #expect(try await store.room(Story.room(2)) != nil)
            #expect(
                try await store.purge([Story.alice, Story.carol])
                    == Purged(rooms: [Story.room(2)], pendings: 0))
            #expect(try await store.room(Story.room(2)) == nil)
        }
    }

    @Test("A room id that is taken fails the accept and changes nothing", arguments: StoreKind.allCases)
    func roomCollision(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            try await create(store, Story.alice)
            _ = try await accept(store, Story.bob, room: 1)
            try await create(store, Story.carol, code: Story.otherCode)
            await expectFailure(.internal) {
                _ = try await store.accept(
                    Story.otherCode, client2: Story.bob, newRoom: Story.room(1), now: Story.now)
            }
            let outcome = try await store.check(Story.otherCode, client1: Story.carol, now: Story.now)
            #expect(outcome == .pending)
            #expect(try await store.room(Story.room(1))?.client1 == Story.alice)
        }
    }

    @Test("Names that look alike but differ in bytes are different", arguments: StoreKind.allCases)
    func bytes(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
            let (composed, decomposed) = (JoinCode(stored: "\u{E9}"), JoinCode(stored: "e\u{301}"))
            try await create(store, Story.alice, code: composed)
            try await create(store, Story.bob, code: decomposed)
            #expect(try await store.check(composed, client1: Story.alice, now: Story.now) == .pending)
            #expect(try await store.check(decomposed, client1: Story.bob, now: Story.now) == .pending)
        }
    }

    @Test(
        "It tells of each accept that leads to a room, and of that code only", arguments: StoreKind.allCases)
    func acceptNews(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
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
        }
    }

    @Test("It tells of each room that it deletes, once", arguments: StoreKind.allCases)
    func endNews(_ kind: StoreKind) async throws {
        try await kind.withStore { store in
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
        }
    }

    @Test("A working store says that it is healthy", arguments: StoreKind.allCases)
    func health(_ kind: StoreKind) async throws {
        try await kind.withStore { store in try await store.checkHealth() }
    }

    private func create(_ store: any PairingStore, _ device: DeviceID, code: JoinCode = Story.code)
        async throws
    {
        let outcome = try await store.create(code, client1: device, expires: Story.expiry, now: Story.now)
        #expect(outcome == .created(expires: Story.expiry))
    }

    private func accept(
        _ store: any PairingStore, _ device: DeviceID, room: Int, now: Timestamp = Story.now
    ) async throws -> AcceptOutcome {
        try await store.accept(Story.code, client2: device, newRoom: Story.room(room), now: now)
    }

    private func check(
        _ store: any PairingStore, _ device: DeviceID = Story.alice, now: Timestamp = Story.now
    ) async throws -> CheckOutcome {
        try await store.check(Story.code, client1: device, now: now)
    }
}
