import Foundation
import Pairing
import PairingContract
import Testing

@testable import PairingSQLite

/// Whether the disk has room for more is found out beside the database, and leaves nothing there.
@Suite struct RoomOnDiskTests {
    private let directory: TemporaryDirectory
    private let file: DatabaseFile

    init() throws {
        directory = try TemporaryDirectory()
        file = DatabaseFile(path: directory.file("chat.db"))
    }

    private var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: directory.url.path).sorted() }
    }

    @Test("Asking for room leaves no file behind")
    func room() throws {
        try file.findRoom()
        #expect(try names.isEmpty)
    }

    @Test("What a process left behind that was killed in between is no obstacle")
    func leftover() throws {
        try Data("old".utf8).write(to: URL(filePath: directory.file("chat.db-room")))
        try file.findRoom()
        #expect(try names.isEmpty)
    }

    @Test("Where nobody can tell, the store is not healthy")
    func unknown() throws {
        try FileManager.default.createDirectory(
            atPath: directory.file("chat.db-room"), withIntermediateDirectories: false)
        #expect(throws: PairingStoreError.self) { try file.findRoom() }
        let absent = DatabaseFile(path: directory.file("absent/chat.db"))
        #expect(throws: PairingStoreError.self) { try absent.findRoom() }
    }

    @Test("The health of a store includes it, and the database stays as it was")
    func health() async throws {
        let store = try SQLitePairingStore(path: file.path)
        try await store.checkHealth()
        #expect(try names == ["chat.db", "chat.db-shm", "chat.db-wal"])
        let tables = try directory.sqlite3(
            "chat.db", "SELECT count(*) FROM sqlite_master WHERE type = 'table'")
        #expect(tables == "4")
        try FileManager.default.createDirectory(
            atPath: directory.file("chat.db-room"), withIntermediateDirectories: false)
        await expectFailure(.unavailable) { try await store.checkHealth() }
        try FileManager.default.removeItem(atPath: directory.file("chat.db-room"))
        try await store.checkHealth()
        await store.close()
    }
}
