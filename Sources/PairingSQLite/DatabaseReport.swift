import GRDB
import Pairing

/// What is in a database file and what is wrong with it.
package struct DatabaseReport: Sendable {
    /// Where the file is.
    package let path: String
    /// The version of the SQLite library.
    package let sqliteVersion: String
    /// `wal` once the store has opened the file.
    package let journalMode: String
    /// SQLite's level of durability of the writing connection, 2 for FULL; `nil` if the file was only read.
    package let synchronous: Int?
    /// How many invitations the file holds, expired ones included; 0 without the table.
    package let pendings: Int
    /// How many rooms the file holds; 0 without the table.
    package let rooms: Int
    /// SQLite's complaints about the file, at most 100; empty if it is sound or was not searched for damage.
    package let damage: [String]
    /// Tables, columns, indices and triggers of the schema that the file lacks, as `index idx_rooms_client1`.
    ///
    /// A database of the original backend lacks some until the store opens it.
    package let missing: [String]

    /// Whether the file is undamaged and has the whole schema.
    package var isSound: Bool { damage.isEmpty && missing.isEmpty }
}

extension StoreReport {
    /// What any store can tell.
    init(_ report: DatabaseReport) {
        self.init(
            engine: "SQLite", version: report.sqliteVersion, pendings: report.pendings, rooms: report.rooms,
            damage: report.damage, missing: report.missing)
    }
}

extension DatabaseReport {
    /// Reports on an open, writable connection, without a search for damage.
    init(of db: Database, path: String, schema: String) throws {
        try self.init(db, path: path, schema: schema, isWriter: true)
    }

    /// Searches a file for damage and changes nothing. Blocks for as long as reading the file takes.
    init(inspecting file: DatabaseFile, schema: String) throws(PairingStoreError) {
        guard file.identity != nil else {
            throw PairingStoreError(.unavailable, "There is no database file.")
        }
        do {
            var configuration = GRDB.Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(2.5)
            let connection = try DatabaseQueue(path: file.path, configuration: configuration)
            // Without a transaction: on some damage its end fails and would hide what was found.
            self = try connection.unsafeRead { db in
                try DatabaseReport(db, path: file.path, schema: schema, isWriter: false)
            }
        } catch {
            throw PairingStoreError(database: error)
        }
    }

    private init(_ db: Database, path: String, schema: String, isWriter: Bool) throws {
        let present = try SchemaParts(of: db)
        self.path = path
        sqliteVersion = try String.fetchOne(db, sql: "SELECT sqlite_version()") ?? ""
        journalMode = try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? ""
        synchronous = isWriter ? try Int.fetchOne(db, sql: "PRAGMA synchronous") : nil
        pendings = try present.count("pendings", in: db)
        rooms = try present.count("rooms", in: db)
        damage = isWriter ? [] : try Self.damage(in: db)
        missing = try SchemaParts(ofSchema: schema).names.subtracting(present.names).sorted()
    }

    private static func damage(in db: Database) throws -> [String] {
        do {
            return try String.fetchAll(db, sql: "PRAGMA integrity_check(100)").filter { $0 != "ok" }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            // Some damage ends the search itself.
            return [error.message ?? "The file is damaged."]
        }
    }
}

/// The names of everything that a database consists of.
private struct SchemaParts {
    let names: Set<String>

    init(of db: Database) throws {
        names = Set(
            try String.fetchAll(
                db,
                sql: """
                    SELECT type || ' ' || name FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
                    UNION ALL
                    SELECT 'column ' || m.name || '.' || c.name
                    FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table'
                    """))
    }

    /// The parts that a schema makes in an empty database.
    init(ofSchema schema: String) throws {
        self = try DatabaseQueue().write { db in
            try db.execute(sql: schema)
            return try SchemaParts(of: db)
        }
    }

    func count(_ table: String, in db: Database) throws -> Int {
        guard names.contains("table \(table)") else { return 0 }
        return try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table)") ?? 0
    }
}
