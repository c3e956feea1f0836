import PairingSQLite

/// What is in a database file.
enum DatabaseFacts: Equatable, Sendable {
    /// All of it was read.
    case read(damage: [String], missing: [String], rooms: Int, pendings: Int)
    /// It could not be: why, in one sentence.
    case unreadable(String)

    /// Reads the whole file and changes nothing.
    static func examine(_ path: String) async -> DatabaseFacts {
        do {
            let store = try SQLitePairingStore(path: path)
            let report: Result<DatabaseReport, any Error>
            do { report = .success(try await store.checkIntegrity()) } catch { report = .failure(error) }
            await store.close()
            let facts = try report.get()
            return .read(
                damage: facts.damage, missing: facts.missing, rooms: facts.rooms, pendings: facts.pendings)
        } catch {
            return .unreadable("\(error)")
        }
    }
}
