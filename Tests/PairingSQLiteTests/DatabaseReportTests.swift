import Foundation
import Pairing
import PairingContract
import PairingSQLite
import Testing

@Suite struct DatabaseReportTests {
    @Test("Initialising makes a complete database, and again is harmless")
    func initialize() async throws {
        let directory = try TemporaryDirectory()
        for run in 1...2 {
            let store = try SQLitePairingStore(path: directory.file("chat.db"))
            let report = try await store.initialize()
            #expect(report.isSound, "\(report)")
            #expect(report.pendings == run - 1)
            #expect(report.path == directory.file("chat.db"))
            _ = try await store.create(
                Story.code, client1: Story.alice, expires: Story.expiry, now: Story.now)
            await store.close()
        }
    }

    @Test("A check does not create a missing file")
    func missingFile() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLitePairingStore(path: directory.file("data/chat.db"))
        await expectFailure(.unavailable) { _ = try await store.checkIntegrity() }
        #expect(!FileManager.default.fileExists(atPath: directory.file("data")))
    }

    @Test("A check counts rows and names what an older database lacks, without adding it")
    func olderDatabase() async throws {
        let directory = try TemporaryDirectory()
        try directory.sqlite3(
            "chat.db",
            """
            CREATE TABLE pendings (joinid TEXT PRIMARY KEY, client1 TEXT NOT NULL, exp DATETIME NOT NULL);
            INSERT INTO pendings VALUES ('1', 'alice', '2030-01-01T00:00:00Z');
            """)
        let store = try SQLitePairingStore(path: directory.file("chat.db"))
        for _ in 1...2 {
            let report = try await store.checkIntegrity()
            #expect(!report.isSound)
            #expect(report.damage.isEmpty)
            #expect(report.missing.contains("table rooms"))
            #expect(report.missing.contains("column pendings.client2"))
            #expect(report.missing.contains("index idx_pendings_exp_instant"))
            #expect(report.missing.contains("trigger pendings_delete_forgets_acceptance"))
            #expect(!report.missing.contains("table pendings"))
            #expect(report.pendings == 1)
            #expect(report.rooms == 0)
            #expect(report.synchronous == nil)
        }
    }

    @Test("A check finds a damaged page")
    func damagedPage() async throws {
        let directory = try TemporaryDirectory()
        try directory.sqlite3("chat.db", PairingSchema.sql)
        try directory.sqlite3(
            "chat.db",
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
            INSERT INTO rooms SELECT 'room-' || i, 'alice-' || i, 'bob-' || i FROM n;
            """)
        let store = try SQLitePairingStore(path: directory.file("chat.db"))
        #expect(try await store.checkIntegrity().isSound)
        let root = try #require(
            UInt64(
                try directory.sqlite3(
                    "chat.db", "SELECT rootpage FROM sqlite_master WHERE name = 'idx_rooms_client1'")))
        let handle = try FileHandle(forWritingTo: URL(filePath: directory.file("chat.db")))
        try handle.seek(toOffset: (root - 1) * 4096 + 12)
        try handle.write(contentsOf: Data(repeating: 0xFF, count: 64))
        try handle.close()
        let report = try await store.checkIntegrity()
        #expect(!report.damage.isEmpty)
        #expect(!report.isSound)
    }
}
