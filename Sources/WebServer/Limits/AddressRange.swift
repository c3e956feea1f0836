package import STUN

/// A block of addresses in CIDR notation (RFC 4632, RFC 4291 §2.3), or a single address.
package struct AddressRange: Hashable, Sendable {
    /// The same block as the relay knows it.
    package let ipRange: IPRange

    /// Reads `192.0.2.0/24`, `2001:db8::/32` or a single address. Bits beyond the prefix are ignored.
    /// A block of IPv4-mapped addresses is the IPv4 block. Nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, let address = ClientAddress(first) else { return nil }
        let isWrittenAsV6 = first.utf8.contains(UInt8(ascii: ":"))
        var length = isWrittenAsV6 ? 128 : 32
        if parts.count == 2 {
            guard let given = UInt8(parts[1]), Int(given) <= length,
                parts[1].utf8.allSatisfy({ $0 >= 48 && $0 <= 57 })
            else { return nil }
            length = Int(given)
        }
        if isWrittenAsV6, case .v4 = address {
            guard length >= 96 else { return nil }
            length -= 96
        }
        guard let range = IPRange(IPAddress(address), prefixLength: length) else { return nil }
        ipRange = range
    }

    /// Whether the address lies in this block. IPv4 and IPv6 never contain each other.
    package func contains(_ address: ClientAddress) -> Bool { ipRange.contains(IPAddress(address)) }
}
