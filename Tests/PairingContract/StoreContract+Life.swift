import Pairing
import Testing

extension StoreContract {
    /// Opening, looking, closing.
    package static let life: [Clause] = [
        Clause("It works without having been opened, and opening it again is harmless") { store in
            try await create(store, Story.alice)
            for _ in 1...2 {
                let report = try await store.open()
                #expect(report.isSound && report.pendings == 1 && report.rooms == 0)
                #expect(!report.engine.isEmpty)
            }
            _ = try await accept(store, Story.bob, room: 1)
            #expect(try await store.open().rooms == 1)
        },
        Clause("An inspection counts what is there, finds a sound store sound, and changes nothing") {
            store in
            let opened = try await store.open()
            #expect(opened.pendings == 0 && opened.rooms == 0)
            try await create(store, Story.alice)
            _ = try await accept(store, Story.bob, room: 1)
            for _ in 1...2 {
                let report = try await store.inspect()
                #expect(report.isSound && report.pendings == 1 && report.rooms == 1)
                #expect(report.engine == opened.engine && report.version == opened.version)
            }
            #expect(try await check(store) == .room(Story.room(1)))
        },
        Clause("Once closed it refuses every call as unavailable, and closing it again is harmless") {
            store in
            try await create(store, Story.alice)
            await store.close()
            await store.close()
            await expectFailure(.unavailable) { try await create(store, Story.carol, code: Story.otherCode) }
            await expectFailure(.unavailable) { _ = try await accept(store, Story.bob, room: 1) }
            await expectFailure(.unavailable) { _ = try await check(store) }
            await expectFailure(.unavailable) { _ = try await store.room(Story.room(1)) }
            await expectFailure(.unavailable) { _ = try await store.deleteRoom(Story.room(1)) }
            await expectFailure(.unavailable) { _ = try await store.purge([Story.alice]) }
            await expectFailure(.unavailable) { _ = try await store.sweepExpired(now: Story.now) }
            await expectFailure(.unavailable) { _ = try await store.endedRooms(since: .earliest, limit: 1) }
            await expectFailure(.unavailable) { try await store.checkHealth() }
            await expectFailure(.unavailable) { _ = try await store.open() }
        },
    ]
}
