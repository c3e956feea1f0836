import Pairing
import Settings

/// What is in the pairing database.
enum DatabaseFacts: Equatable, Sendable {
    /// All of it was read.
    case read(damage: [String], missing: [String], rooms: Int, pendings: Int)
    /// It could not be: why, in one sentence.
    case unreadable(String)

    /// Reads all of it and changes nothing.
    static func examine(_ backend: PairingBackend) async -> DatabaseFacts {
        do throws(PairingStoreError) {
            let facts = try await backend.report { store throws(PairingStoreError) in
                try await store.inspect()
            }
            return .read(
                damage: facts.damage, missing: facts.missing, rooms: facts.rooms, pendings: facts.pendings)
        } catch {
            return .unreadable("\(error)")
        }
    }
}
