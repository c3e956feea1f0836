import Foundation
import Pairing
import PairingContract
import PairingSQLite
import Testing

@Suite struct DurabilityTests {
    @Test("The writing connection syncs every commit (synchronous=FULL) on a write-ahead log")
    func synchronous() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLitePairingStore(path: directory.file("chat.db"))
        let report = try await store.initialize()
        #expect(report.synchronous == 2)
        #expect(report.journalMode == "wal")

        try FileManager.default.removeItem(atPath: directory.file("chat.db"))
        #expect(try await store.initialize().synchronous == 2, "after the file was opened again")
        await store.close()
    }

    @Test("Another process sees each change as soon as its call has returned")
    func visible() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLitePairingStore(path: directory.file("chat.db"))
        func pendings() throws -> String {
            try directory.sqlite3("chat.db", "SELECT joinid, client1, exp, client2 FROM pendings")
        }
        _ = try await store.create(Story.code, client1: Story.alice, expires: Story.expiry, now: Story.now)
        #expect(try pendings() == "123456|alice|2030-03-17T17:56:40.000Z|")
        _ = try await store.accept(Story.code, client2: Story.bob, newRoom: Story.room(1), now: Story.now)
        #expect(try pendings() == "123456|alice|2030-03-17T17:56:40.000Z|bob")
        #expect(try directory.sqlite3("chat.db", "SELECT * FROM rooms") == "room-1|alice|bob")
        _ = try await store.check(Story.code, client1: Story.alice, now: Story.now)
        #expect(try pendings() == "")
        #expect(try directory.sqlite3("chat.db", "SELECT count(*) FROM pending_acceptances") == "0")
        _ = try await store.deleteRoom(Story.room(1))
        #expect(try directory.sqlite3("chat.db", "SELECT * FROM rooms") == "")
        await store.close()
    }

    @Test("What was acknowledged is there after closing and opening")
    func reopened() async throws {
        let directory = try TemporaryDirectory()
        let first = try SQLitePairingStore(path: directory.file("chat.db"))
        _ = try await first.create(Story.code, client1: Story.alice, expires: Story.expiry, now: Story.now)
        _ = try await first.accept(Story.code, client2: Story.bob, newRoom: Story.room(1), now: Story.now)
        await first.close()
        let second = try SQLitePairingStore(path: directory.file("chat.db"))
        let checked = try await second.check(Story.code, client1: Story.alice, now: Story.now)
        #expect(checked == .room(Story.room(1)))
        await second.close()
    }

    @Test("Missing directories and the file are created for the owner alone")
    func permissions() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("data/deep/chat.db")
        let store = try SQLitePairingStore(path: path)
        try await store.checkHealth()
        func mode(_ path: String) throws -> Int? {
            try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        for file in [path, path + "-wal", path + "-shm"] { #expect(try mode(file) == 0o600, "\(file)") }
        #expect(try mode(directory.file("data")) == 0o700)
        #expect(try mode(directory.file("data/deep")) == 0o700)
        await store.close()
    }

    @Test("A path that names no file is refused", arguments: ["", ":memory:"])
    func noFile(_ path: String) async {
        await expectFailure(.internal) { _ = try SQLitePairingStore(path: path) }
    }
}
