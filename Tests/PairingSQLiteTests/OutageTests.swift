import Foundation
import GRDB
import Pairing
import PairingContract
import Testing

@testable import PairingSQLite

/// Files that are missing, locked, damaged, full or replaced: `unavailable`, and well again afterwards.
@Suite struct OutageTests {
    private let directory: TemporaryDirectory
    private let store: SQLitePairingStore

    init() throws {
        directory = try TemporaryDirectory()
        var limits = SQLitePairingStore.Limits()
        limits.busyTimeout = .milliseconds(50)
        store = try SQLitePairingStore(path: directory.file("chat.db"), limits: limits)
    }

    private func create(_ number: Int, in store: SQLitePairingStore? = nil) async throws {
        _ = try await (store ?? self.store).create(
            JoinCode(stored: "code-\(number)"), client1: Story.alice, expires: Story.expiry, now: Story.now)
    }

    private func recovered() async throws {
        try await eventually { (try? await store.checkHealth()) != nil }
        try await create(1000)
        #expect(
            try directory.sqlite3("chat.db", "SELECT count(*) FROM pendings WHERE joinid = 'code-1000'")
                == "1")
        await store.close()
    }

    private func remove(_ names: String...) throws {
        for name in names where FileManager.default.fileExists(atPath: directory.file(name)) {
            try FileManager.default.removeItem(atPath: directory.file(name))
        }
    }

    @Test("While another process holds the lock, writes are unavailable and lookups work")
    func locked() async throws {
        try await create(1)
        _ = try await store.accept(
            JoinCode(stored: "code-1"), client2: Story.bob, newRoom: Story.room(1), now: Story.now)
        var configuration = GRDB.Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: directory.file("chat.db"), configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        await expectFailure(.unavailable) { try await create(2) }
        await expectFailure(.unavailable) { try await store.checkHealth() }
        #expect(try await store.room(Story.room(1))?.client2 == Story.bob)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await recovered()
    }

    @Test("A database that is locked when the store is first used opens when the lock goes")
    func lockedAtStart() async throws {
        var configuration = GRDB.Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: directory.file("chat.db"), configuration: configuration)
        try await other.writeWithoutTransaction { db in
            try db.execute(sql: "CREATE TABLE theirs (x); BEGIN EXCLUSIVE")
        }
        await expectFailure(.unavailable) { try await create(1) }
        await expectFailure(.unavailable) { _ = try await store.room(Story.room(1)) }
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await recovered()
    }

    @Test("A file that is no database is left as it is, and a good one in its place is used")
    func notADatabase() async throws {
        let garbage = Data(repeating: 0x2A, count: 20_000)
        try garbage.write(to: URL(filePath: directory.file("chat.db")))
        await expectFailure(.unavailable) { try await create(1) }
        await expectFailure(.unavailable) { _ = try await store.initialize() }
        await expectFailure(.unavailable) { _ = try await store.checkIntegrity() }
        #expect(try Data(contentsOf: URL(filePath: directory.file("chat.db"))) == garbage)
        try remove("chat.db")
        try await recovered()
    }

    @Test("A directory in the place of the file, or a file in the place of the directory")
    func wrongKind() async throws {
        try FileManager.default.createDirectory(
            atPath: directory.file("chat.db"), withIntermediateDirectories: false)
        await expectFailure(.unavailable) { try await create(1) }
        let blocked = try SQLitePairingStore(path: directory.file("file/chat.db"))
        try Data().write(to: URL(filePath: directory.file("file")))
        await expectFailure(.unavailable) { try await create(1, in: blocked) }
        await blocked.close()
        try remove("chat.db")
        try await recovered()
    }

    @Test("After the file was deleted, nothing more is written to what nobody can find")
    func deleted() async throws {
        try await create(1)
        try remove("chat.db", "chat.db-wal", "chat.db-shm")
        #expect(try await store.room(Story.room(1)) == nil)
        try await create(2)
        #expect(try directory.sqlite3("chat.db", "SELECT joinid FROM pendings") == "code-2")
        try await recovered()
    }

    @Test("After another file took its place, that one is read and written")
    func replaced() async throws {
        try await create(1)
        try directory.sqlite3(
            "other.db", PairingSchema.sql + "INSERT INTO rooms VALUES ('room-7', 'alice', 'bob');")
        try remove("chat.db-wal", "chat.db-shm")
        try remove("chat.db")
        try FileManager.default.moveItem(
            atPath: directory.file("other.db"), toPath: directory.file("chat.db"))
        #expect(try await store.room(Story.room(7))?.client1 == Story.alice)
        try await create(2)
        #expect(try directory.sqlite3("chat.db", "SELECT joinid FROM pendings") == "code-2")
        try await recovered()
    }

    @Test("A file that is overwritten while it is in use breaks calls, not the process")
    func overwritten() async throws {
        let fragile = SQLitePairingStore(
            path: directory.file("chat.db"), schema: PairingSchema.sql, limits: .init(),
            onTransaction: { _ in }, configure: { try $0.execute(sql: "PRAGMA cache_size = 1") })
        for number in 0..<500 { try await create(number, in: fragile) }
        try directory.sqlite3("chat.db", "PRAGMA wal_checkpoint(TRUNCATE)")
        let handle = try FileHandle(forWritingTo: URL(filePath: directory.file("chat.db")))
        try handle.write(contentsOf: Data(repeating: 0x2A, count: 400_000))
        var codes: Set<PairingStoreError.Code> = []
        for number in 0..<500 {
            do { try await create(number, in: fragile) } catch let error as PairingStoreError {
                codes.insert(error.code)
            }
        }
        #expect(codes == [.unavailable])
        await expectFailure(.unavailable) { try await fragile.checkHealth() }
        try handle.close()
        try remove("chat.db", "chat.db-wal", "chat.db-shm")
        try await eventually { (try? await fragile.checkHealth()) != nil }
        await fragile.close()
        try await recovered()
    }

    @Test("A full disk refuses what needs space; what frees space works, and then all does")
    func full() async throws {
        let small = SQLitePairingStore(
            path: directory.file("chat.db"), schema: PairingSchema.sql, limits: .init(),
            onTransaction: { _ in },
            configure: { db in
                let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(pages + 4)")
            })
        var created = 0
        await expectFailure(.unavailable) {
            while created < 10_000 {
                try await create(created, in: small)
                created += 1
            }
        }
        #expect(try directory.sqlite3("chat.db", "SELECT count(*) FROM pendings") == "\(created)")
        #expect(try await small.purge([Story.alice]).pendings == created)
        try await create(0, in: small)
        await small.close()
        try await recovered()
    }

    @Test("A table that somebody drops is made again")
    func dropped() async throws {
        try await create(1)
        try directory.sqlite3("chat.db", "DROP TABLE rooms; DROP TABLE pendings;")
        await expectFailure(.internal) { try await create(2) }
        try await recovered()
    }

    @Test(
        "A file that may not be written is unavailable until it may",
        .disabled(if: geteuid() == 0, "the superuser may write everything"))
    func readOnly() async throws {
        try await create(1)
        try await store.checkHealth()
        await store.close()
        func protect(_ file: Int, _ folder: Int) throws {
            let manager = FileManager.default
            try manager.setAttributes([.posixPermissions: file], ofItemAtPath: directory.file("chat.db"))
            try manager.setAttributes([.posixPermissions: folder], ofItemAtPath: directory.url.path)
        }
        let second = try SQLitePairingStore(path: directory.file("chat.db"))
        try protect(0o400, 0o500)
        await expectFailure(.unavailable) { try await create(2, in: second) }
        try protect(0o600, 0o700)
        try await eventually { (try? await second.checkHealth()) != nil }
        try await create(2, in: second)
        await second.close()
    }
}
