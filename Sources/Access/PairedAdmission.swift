package import Pairing

/// Only rooms of paired devices may be joined; everything else is open.
package struct PairedAdmission: Admission {
    private let store: any PairingStore

    /// - Parameter store: knows the rooms.
    package init(_ store: any PairingStore) { self.store = store }

    package func considers(_ kind: Ask.Kind) -> Bool { kind == .join }

    package func decide(_ ask: Ask) async -> Verdict {
        guard case .join(let room) = ask.action else { return .admitted }
        do throws(PairingStoreError) {
            return try await store.room(room) == nil ? .refused : .admitted
        } catch {
            return .unavailable(error)
        }
    }
}
