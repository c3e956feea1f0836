/// What every limit by address counts by: an IPv4 address, an IPv4-mapped one included, or the first 64 bits of an IPv6
/// address, because one home or phone is given at least that many. Never logged.
package struct AddressKey: Hashable, BitwiseCopyable, Sendable {
    private enum Kind: UInt8, BitwiseCopyable {
        case unknown = 0
        case ipv4 = 1
        case ipv6 = 2
    }

    private let kind: Kind
    private let prefix: UInt64

    /// The key that an address counts for.
    package init(_ address: IPAddress) {
        let address = address.unmapped
        switch address.family {
        case .ipv4: (kind, prefix) = (.ipv4, address.low)
        case .ipv6: (kind, prefix) = (.ipv6, address.high)
        }
    }

    private init(_ kind: Kind) { (self.kind, prefix) = (kind, 0) }

    /// Of a client whose address is not known (any more). All of them share one count.
    package static let unknown = AddressKey(.unknown)

    /// The key as two words that no other key has, for tables that hash it themselves. The first is never 0, unless the
    /// address is unknown.
    package var words: (UInt64, UInt64) { (UInt64(kind.rawValue), prefix) }
}
