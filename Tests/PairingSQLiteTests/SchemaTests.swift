import Foundation
import GRDB
import Testing

@testable import PairingSQLite

@Suite struct SchemaTests {
    private static let script = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "scripts/init-db.sql")

    @Test("The schema in the binary is scripts/init-db.sql to the letter")
    func sameText() throws {
        #expect(try String(contentsOf: Self.script, encoding: .utf8) == PairingSchema.sql + "\n")
    }

    @Test("The sqlite3 command line loads the script into an empty file, and again, as the store would")
    func commandLine() async throws {
        let directory = try TemporaryDirectory()
        let script = try String(contentsOf: Self.script, encoding: .utf8)
        try directory.sqlite3("chat.db", script)
        try directory.sqlite3("chat.db", "INSERT INTO rooms VALUES ('r', 'a', 'b');")
        try directory.sqlite3("chat.db", script)
        let store = try SQLitePairingStore(path: directory.file("chat.db"))
        let report = try await store.checkIntegrity()
        #expect(report.isSound, "\(report)")
        #expect(report.rooms == 1)
    }

    @Test("The script has nothing that drops, changes or fails on what exists")
    func harmless() {
        let sql = PairingSchema.sql.split(separator: "\n").filter { !$0.hasPrefix("--") }
            .joined(separator: "\n")
        for word in ["DROP", "ALTER", "PRAGMA", "REPLACE"] { #expect(!sql.contains(word)) }
        let creations = sql.components(separatedBy: "CREATE ").count - 1
        #expect(creations == sql.components(separatedBy: " IF NOT EXISTS ").count - 1)
    }

    @Test("Every statement finds its rows by an index", arguments: PairingTables.SQL.all)
    func queryPlans(_ statement: String) throws {
        let plan = try DatabaseQueue().write { db in
            try db.execute(sql: PairingSchema.sql)
            return try Row.fetchAll(
                db, sql: "EXPLAIN QUERY PLAN \(statement)", arguments: arguments(statement)
            )
            .map { $0["detail"] as String }
        }
        #expect(!plan.contains { $0.hasPrefix("SCAN") }, "\(plan)")
        if !statement.hasPrefix("INSERT") { #expect(plan.contains { $0.contains("SEARCH") }, "\(plan)") }
    }

    private func arguments(_ statement: String) -> StatementArguments {
        StatementArguments(Array(repeating: "x", count: statement.filter { $0 == "?" }.count))
    }
}
