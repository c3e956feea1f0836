import PairingContract
import PairingSQLite
import Testing

@Suite struct SQLiteContractTests {
    @Test("The store on SQLite keeps the contract of stores", arguments: StoreContract.clauses)
    func contract(_ clause: StoreContract.Clause) async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLitePairingStore(path: directory.file("chat.db"))
        try await clause.check(store)
        await store.close()
    }
}
