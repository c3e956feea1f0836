import Pairing
import Testing

extension StoreContract {
    /// What every store must do, told as the stories of devices that pair.
    package static let stories: [Clause] = [
        Clause("Two devices pair: create, check while nobody has come, accept, check") { store in
            let created = try await store.create(
                Story.code, client1: Story.alice, expires: Story.expiry, now: Story.now)
            #expect(created == .created(expires: Story.expiry))
            #expect(try await check(store) == .pending)
            #expect(try await accept(store, Story.bob, room: 1) == .room(Story.room(1)))
            #expect(try await check(store) == .room(Story.room(1)))
            let room = PairedRoom(roomID: Story.room(1), client1: Story.alice, client2: Story.bob)
            #expect(try await store.room(Story.room(1)) == room)
        },
        Clause("A handed-over code is gone for both devices, and free for anybody") { store in
            try await create(store, Story.alice)
            _ = try await accept(store, Story.bob, room: 1)
            _ = try await check(store)
            #expect(try await check(store) == .notFoundOrExpired)
            #expect(try await accept(store, Story.bob, room: 2) == .notFoundOrExpired)
            try await create(store, Story.carol)
            #expect(try await accept(store, Story.bob, room: 3) == .room(Story.room(3)))
            #expect(try await store.room(Story.room(1))?.client1 == Story.alice)
        },
        Clause("The device that accepted gets the same room however often it asks") { store in
            try await create(store, Story.alice)
            for attempt in 1...3 {
                #expect(try await accept(store, Story.bob, room: attempt) == .room(Story.room(1)))
            }
            #expect(try await store.room(Story.room(2)) == nil)
        },
        Clause("An old acceptance keeps its room when the two pair again") { store in
            try await create(store, Story.alice)
            _ = try await accept(store, Story.bob, room: 1)
            try await create(store, Story.alice, code: Story.otherCode)
            let second = try await store.accept(
                Story.otherCode, client2: Story.bob, newRoom: Story.room(2), now: Story.now)
            #expect(second == .room(Story.room(2)))
            #expect(try await accept(store, Story.bob, room: 3) == .room(Story.room(1)))
            #expect(try await check(store) == .room(Story.room(1)))
        },
        Clause("A third device cannot accept what was accepted, nor the maker its own") { store in
            try await create(store, Story.alice)
            #expect(try await accept(store, Story.alice, room: 1) == .conflict)
            _ = try await accept(store, Story.bob, room: 2)
            #expect(try await accept(store, Story.carol, room: 3) == .conflict)
            #expect(try await accept(store, Story.alice, room: 4) == .conflict)
            #expect(try await check(store) == .room(Story.room(2)))
            for number in [1, 3, 4] { #expect(try await store.room(Story.room(number)) == nil) }
        },
        Clause("Nobody but the maker learns about an invitation") { store in
            #expect(try await check(store) == .notFoundOrExpired)
            #expect(try await accept(store, Story.bob, room: 1) == .notFoundOrExpired)
            try await create(store, Story.alice)
            #expect(try await check(store, Story.bob) == .notFoundOrExpired)
            _ = try await accept(store, Story.bob, room: 1)
            #expect(try await check(store, Story.bob) == .notFoundOrExpired)
            #expect(try await check(store) == .room(Story.room(1)))
        },
        Clause("The maker renews its unaccepted code; another device gets a conflict") { store in
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
        },
        Clause("The maker cannot renew a code that was accepted: the acceptance waits") { store in
            try await create(store, Story.alice)
            _ = try await accept(store, Story.bob, room: 1)
            let again = try await store.create(
                Story.code, client1: Story.alice, expires: Story.expiry, now: Story.now)
            #expect(again == .conflict)
            #expect(try await check(store) == .room(Story.room(1)))
        },
        Clause("From its last instant on an invitation does not exist for any call") { store in
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
        },
        Clause("An expired acceptance leaves nothing to whoever takes the code next") { store in
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
        },
        Clause("A sweep deletes what has expired and nothing else") { store in
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
        },
        Clause("A deleted room is gone, also for the check that would hand it over") { store in
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
        },
        Clause("A purge deletes every row of the devices, on either side, and tells which") { store in
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
        },
        Clause("A room id that is taken fails the accept and changes nothing") { store in
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
        },
        Clause("Names that look alike but differ in bytes are different") { store in
            let (composed, decomposed) = (JoinCode(stored: "\u{E9}"), JoinCode(stored: "e\u{301}"))
            try await create(store, Story.alice, code: composed)
            try await create(store, Story.bob, code: decomposed)
            #expect(try await store.check(composed, client1: Story.alice, now: Story.now) == .pending)
            #expect(try await store.check(decomposed, client1: Story.bob, now: Story.now) == .pending)
        },
        Clause("A working store says that it is healthy") { store in
            try await store.checkHealth()
        },
    ]
}
