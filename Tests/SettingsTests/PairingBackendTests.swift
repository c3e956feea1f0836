import Foundation
import Pairing
import SettingFixtures
import Testing

@testable import Settings

@Suite("The kind of store")
struct PairingBackendTests {
    @Test("There is none while pairing is off, but the settings name one all the same")
    func off() async throws {
        let off = try await values(environment: ["SQLITE_DB_PATH": "/data/x.db"])
        #expect(PairingBackend(off) == nil)
        #expect(PairingBackend(named: off) == .sqlite(path: "/data/x.db"))
        let on = try await values(environment: ["USE_SQLITE": "1", "SQLITE_DB_PATH": "/data/x.db"])
        #expect(PairingBackend(on) == .sqlite(path: "/data/x.db"))
        #expect(PairingBackend(on)?.file == "/data/x.db")
    }

    @Test("It opens and inspects a store, and closes it again")
    func reports() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory.appending(path: "chat.db").path
            let backend = PairingBackend.sqlite(path: path)
            await #expect(throws: PairingStoreError.self) {
                _ = try await backend.report { store throws(PairingStoreError) in try await store.inspect() }
            }
            #expect(!FileManager.default.fileExists(atPath: path))
            let opened = try await backend.report { store throws(PairingStoreError) in try await store.open()
            }
            #expect(opened.engine == "SQLite" && opened.isSound)
            let inspected = try await backend.report { store throws(PairingStoreError) in
                try await store.inspect()
            }
            #expect(inspected.isSound && inspected.rooms == 0 && inspected.pendings == 0)
        }
    }

    @Test("A path that names no file cannot be read, which is no end of the program")
    func noFile() async {
        await #expect(throws: PairingStoreError.self) {
            _ = try await PairingBackend.sqlite(path: ":memory:").report { store throws(PairingStoreError) in
                try await store.inspect()
            }
        }
    }
}
