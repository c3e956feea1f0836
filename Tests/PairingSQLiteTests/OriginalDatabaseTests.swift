import Foundation
import Pairing
import PairingContract
import PairingSQLite
import Testing

/// Databases made by the original backend, and programs that know only its columns.
@Suite struct OriginalDatabaseTests {
    private static let schema = """
        CREATE TABLE pendings (
            joinid TEXT PRIMARY KEY NOT NULL, client1 TEXT NOT NULL, exp DATETIME NOT NULL, client2 TEXT NULL);
        CREATE TABLE rooms (roomid TEXT PRIMARY KEY NOT NULL, client1 TEXT NOT NULL, client2 TEXT NOT NULL);
        CREATE INDEX idx_pendings_client1 ON pendings(client1);
        CREATE INDEX idx_pendings_exp ON pendings(exp);
        CREATE INDEX idx_rooms_client1 ON rooms(client1);
        CREATE INDEX idx_rooms_client2 ON rooms(client2);
        CREATE TRIGGER pendings_expire_on_insert AFTER INSERT ON pendings
        BEGIN DELETE FROM pendings WHERE exp <= CURRENT_TIMESTAMP; END;
        CREATE TRIGGER pendings_expire_on_update AFTER UPDATE ON pendings
        BEGIN DELETE FROM pendings WHERE exp <= CURRENT_TIMESTAMP; END;
        """

    /// Story.expiry in the spellings that clients sent to the original backend, which kept them.
    private static let spellings = [
        "2030-03-17T17:56:40Z", "2030-03-17T17:56:40.000Z", "2030-03-17T17:56:40+00:00",
        "2030-03-17 17:56:40", "2030-03-17T19:56:40+02:00", "2030-03-17T12:26:40.000-05:30",
        "2030-03-17T17:56:40+0000", "2030-03-17T17:56:40,000Z",
    ]

    private func withOriginal(
        _ rows: String = "", _ body: (SQLitePairingStore, TemporaryDirectory) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        try directory.sqlite3("chat.db", Self.schema + rows)
        let store = try SQLitePairingStore(path: directory.file("chat.db"))
        try await body(store, directory)
        await store.close()
    }

    @Test("Expiry is compared as an instant, whatever its spelling in the file", arguments: spellings)
    func spelling(_ text: String) async throws {
        let rows = "INSERT INTO pendings (joinid, client1, exp) VALUES ('123456', 'alice', '\(text)');"
        try await withOriginal(rows) { store, _ in
            let before = Story.expiry.advanced(by: .milliseconds(-1))
            #expect(try await store.check(Story.code, client1: Story.alice, now: before) == .pending)
            let after = try await store.check(Story.code, client1: Story.alice, now: Story.expiry)
            #expect(after == .notFoundOrExpired)
            #expect(try await store.sweepExpired(now: before) == 0)
            #expect(try await store.sweepExpired(now: Story.expiry) == 1)
        }
    }

    @Test("A pending that the original accepted is handed over with the latest room of the two")
    func acceptedByOriginal() async throws {
        let rows = """
            INSERT INTO rooms VALUES ('old', 'alice', 'bob'), ('new', 'alice', 'bob'), ('x', 'bob', 'alice');
            INSERT INTO pendings VALUES ('123456', 'alice', '2030-03-17T17:56:40Z', 'bob');
            """
        try await withOriginal(rows) { store, directory in
            let again = try await store.accept(
                Story.code, client2: Story.bob, newRoom: Story.room(1), now: Story.now)
            #expect(again == .room(RoomID(stored: "new")))
            let other = try await store.accept(
                Story.code, client2: Story.carol, newRoom: Story.room(2), now: Story.now)
            #expect(other == .conflict)
            let checked = try await store.check(Story.code, client1: Story.alice, now: Story.now)
            #expect(checked == .room(RoomID(stored: "new")))
            #expect(try directory.sqlite3("chat.db", "SELECT count(*) FROM pendings") == "0")
        }
    }

    @Test("Rows that the original writes while the store runs are seen, and the other way round")
    func sideBySide() async throws {
        try await withOriginal { store, directory in
            try await store.checkHealth()
            try directory.sqlite3(
                "chat.db",
                "INSERT INTO pendings (joinid, client1, exp) VALUES ('123456', 'alice', '2030-03-17T17:56:40Z')"
            )
            let accepted = try await store.accept(
                Story.code, client2: Story.bob, newRoom: Story.room(1), now: Story.now)
            #expect(accepted == .room(Story.room(1)))
            #expect(try directory.sqlite3("chat.db", "SELECT * FROM rooms") == "room-1|alice|bob")
            #expect(
                try directory.sqlite3("chat.db", "SELECT * FROM pendings")
                    == "123456|alice|2030-03-17T17:56:40Z|bob")

            _ = try await store.create(
                Story.otherCode, client1: Story.carol, expires: Story.expiry, now: Story.now)
            #expect(
                try directory.sqlite3("chat.db", "SELECT exp FROM pendings WHERE joinid = '654321'")
                    == "2030-03-17T17:56:40.000Z")
            try directory.sqlite3(
                "chat.db",
                """
                UPDATE pendings SET client2 = 'bob' WHERE joinid = '654321';
                INSERT INTO rooms VALUES ('theirs', 'carol', 'bob');
                """)
            let checked = try await store.check(Story.otherCode, client1: Story.carol, now: Story.now)
            #expect(checked == .room(RoomID(stored: "theirs")))
        }
    }

    @Test("When another program replaces an accepted pending, the old acceptance is forgotten")
    func replaced() async throws {
        try await withOriginal { store, directory in
            _ = try await store.create(
                Story.code, client1: Story.alice, expires: Story.expiry, now: Story.now)
            _ = try await store.accept(
                Story.code, client2: Story.bob, newRoom: Story.room(1), now: Story.now)
            try directory.sqlite3(
                "chat.db",
                """
                REPLACE INTO pendings (joinid, client1, exp) VALUES ('123456', 'alice', '2030-03-17T17:56:40Z');
                UPDATE pendings SET client2 = 'bob' WHERE joinid = '123456';
                INSERT INTO rooms VALUES ('theirs', 'alice', 'bob');
                """)
            let checked = try await store.check(Story.code, client1: Story.alice, now: Story.now)
            #expect(checked == .room(RoomID(stored: "theirs")))
        }
    }

    @Test("The original's triggers, which compare texts, never delete a live row of ours early")
    func triggers() async throws {
        try await withOriginal { store, _ in
            let now = Timestamp.now()
            let expiries: [Duration] = [.seconds(30), .seconds(3600), .seconds(86_400)]
            for (number, duration) in expiries.enumerated() {
                let code = JoinCode(stored: "code-\(number)")
                let expires = now.advanced(by: duration)
                _ = try await store.create(code, client1: Story.alice, expires: expires, now: now)
            }
            _ = try await store.accept(
                JoinCode(stored: "code-2"), client2: Story.bob, newRoom: Story.room(1), now: now)
            for number in 0...1 {
                let code = JoinCode(stored: "code-\(number)")
                #expect(try await store.check(code, client1: Story.alice, now: now) == .pending)
            }
            let accepted = try await store.check(
                JoinCode(stored: "code-2"), client1: Story.alice, now: now)
            #expect(accepted == .room(Story.room(1)))
        }
    }

    @Test(
        "An expiry that nobody can read counts as expired and is swept",
        arguments: ["'soon'", "''", "'now'", "1893456000", "x'ff00'", "'2030-99-99T00:00:00Z'"])
    func unreadable(_ literal: String) async throws {
        let rows = "INSERT INTO pendings (joinid, client1, exp) VALUES ('123456', 'alice', \(literal));"
        let directory = try TemporaryDirectory()
        let schema = Self.schema.components(separatedBy: "CREATE TRIGGER")[0]
        try directory.sqlite3("chat.db", schema + rows)
        let store = try SQLitePairingStore(path: directory.file("chat.db"))
        let checked = try await store.check(Story.code, client1: Story.alice, now: Story.now)
        #expect(checked == .notFoundOrExpired)
        #expect(try await store.sweepExpired(now: Story.now) == 1)
        #expect(try directory.sqlite3("chat.db", "SELECT count(*) FROM pendings") == "0")
        await store.close()
    }

    @Test("Ids that are no text, or longer than ours may be, do no harm")
    func strangeIDs() async throws {
        let long = String(repeating: "x", count: 1000)
        let rows = """
            INSERT INTO pendings VALUES ('123456', x'ff00', '2030-03-17T17:56:40Z', NULL);
            INSERT INTO rooms VALUES ('blob', x'ff00', 'bob'), ('long', '\(long)', 'bob'), ('7', 1, 2);
            """
        try await withOriginal(rows) { store, _ in
            let checked = try await store.check(Story.code, client1: Story.alice, now: Story.now)
            #expect(checked == .notFoundOrExpired)
            #expect(try await store.room(RoomID(stored: "blob")) == nil)
            #expect(try await store.room(RoomID(stored: "long"))?.client1.rawValue == long)
            #expect(try await store.room(RoomID(stored: "7"))?.client2.rawValue == "2")
            #expect(try await store.purge([Story.bob]).rooms.count == 2)
        }
    }

    @Test("Opening keeps every row and every trigger, and opening again changes nothing")
    func upgrade() async throws {
        let rows = """
            INSERT INTO pendings VALUES ('123456', 'alice', '2030-03-17T17:56:40Z', NULL);
            INSERT INTO rooms VALUES ('r', 'alice', 'bob');
            """
        try await withOriginal(rows) { store, directory in
            let before = try directory.sqlite3("chat.db", "SELECT * FROM sqlite_master ORDER BY name")
            let report = try await store.initialize()
            #expect(report.pendings == 1)
            #expect(report.rooms == 1)
            #expect(report.missing.isEmpty)
            let after = try directory.sqlite3("chat.db", "SELECT sql FROM sqlite_master ORDER BY name")
            #expect(after.contains("pendings_expire_on_insert"))
            #expect(after.contains("client1 TEXT NOT NULL, exp DATETIME NOT NULL, client2 TEXT NULL"))
            #expect(after != before)
            await store.close()
            let again = try SQLitePairingStore(path: directory.file("chat.db"))
            #expect(try await again.initialize().pendings == 1)
            #expect(try directory.sqlite3("chat.db", "SELECT sql FROM sqlite_master ORDER BY name") == after)
            await again.close()
        }
    }
}
