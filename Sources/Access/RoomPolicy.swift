package import Pairing

/// Which rooms may be joined.
package enum RoomPolicy: String, Sendable, CaseIterable {
    /// Any room id.
    case open
    /// Only ids of paired rooms, while pairing is on.
    case paired

    /// What decides by it.
    ///
    /// - Parameter store: nil while pairing is off; then any room may be joined.
    package func admission(_ store: (any PairingStore)?) -> any Admission {
        switch (self, store) {
        case (.paired, let store?): PairedAdmission(store)
        case (.paired, nil), (.open, _): OpenAdmission()
        }
    }
}
