import Foundation
import Pairing
import SettingFixtures
import Settings
import Testing

@testable import Doctor

@Suite("What the doctor reads of a database")
struct DatabaseFactsTests {
    @Test("A store that is not there cannot be read, an opened one is sound and empty")
    func examined() async throws {
        try await withTemporaryDirectory { directory in
            let backend = PairingBackend.sqlite(path: directory.appending(path: "chat.db").path)
            let empty = DatabaseFacts.read(damage: [], missing: [], rooms: 0, pendings: 0)
            #expect(await DatabaseFacts.examine(backend) != empty)
            _ = try await backend.report { store throws(PairingStoreError) in try await store.open() }
            #expect(await DatabaseFacts.examine(backend) == empty)
        }
    }
}
