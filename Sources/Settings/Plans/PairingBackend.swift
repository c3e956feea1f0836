package import Pairing
import PairingSQLite

/// The store in which the pairing API keeps its rows. Only this type knows the kinds of stores; all other code has
/// a `PairingStore`.
package enum PairingBackend: Equatable, Sendable {
    /// A file of SQLite's.
    case sqlite(path: String)

    /// The one that a server with these settings has; nil while pairing is off.
    package init?(_ values: SettingValues) {
        guard values.pairing.isOn else { return nil }
        self.init(named: values)
    }

    /// The one that the settings name, whether pairing is on or off; for `switchboard db`.
    package init(named values: SettingValues) {
        self = .sqlite(path: values.pairing.databasePath)
    }

    /// How operators know it.
    package var name: String {
        switch self {
        case .sqlite(let path): path
        }
    }

    /// The file that holds what is secret; nil for one elsewhere.
    package var file: String? {
        switch self {
        case .sqlite(let path): path
        }
    }

    /// How many files it has open at most.
    var openFiles: Int {
        switch self {
        // A writer and four readers with two files each, the shared memory, and a file that asks for room.
        case .sqlite: 16
        }
    }

    /// Makes the store; nothing is opened yet.
    ///
    /// - Parameter onTransaction: called after every write transaction, on the store's thread; must not block.
    package func makeStore(
        onTransaction: @escaping @Sendable (TransactionReport) -> Void = { _ in }
    ) throws(PairingStoreError) -> any PairingStore {
        switch self {
        case .sqlite(let path): try SQLitePairingStore(path: path, onTransaction: onTransaction)
        }
    }

    /// Makes the store, asks it for a report and closes it.
    package func report(
        _ ask: (any PairingStore) async throws(PairingStoreError) -> StoreReport
    ) async throws(PairingStoreError) -> StoreReport {
        let store = try makeStore()
        let report: Result<StoreReport, PairingStoreError>
        do throws(PairingStoreError) { report = .success(try await ask(store)) } catch {
            report = .failure(error)
        }
        await store.close()
        return try report.get()
    }
}
