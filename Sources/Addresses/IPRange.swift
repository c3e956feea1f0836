/// A range of addresses of one family, both ends included.
@usableFromInline
package struct IPRange: Hashable, BitwiseCopyable, Sendable {
    @usableFromInline package let first: IPAddress
    @usableFromInline package let last: IPAddress

    /// From one address to another of the same family that is not smaller; nothing otherwise.
    package init?(from first: IPAddress, to last: IPAddress) {
        guard first.family == last.family, first <= last else { return nil }
        self.first = first
        self.last = last
    }

    /// One address.
    package init(_ address: IPAddress) {
        first = address
        last = address
    }

    /// A network: the bits behind the prefix do not matter. Nothing when the prefix is longer than the address.
    package init?(_ base: IPAddress, prefixLength: Int) {
        guard (0...(base.family == .ipv4 ? 32 : 128)).contains(prefixLength) else { return nil }
        switch base.family {
        case .ipv4:
            let host = UInt32.max >> UInt32(prefixLength)
            first = IPAddress(v4: base.v4Bits & ~host)
            last = IPAddress(v4: base.v4Bits | host)
        case .ipv6:
            // A shift by 64 or more leaves nothing, by a negative number shifts the other way.
            let highHost = UInt64.max >> min(prefixLength, 64)
            let lowHost = UInt64.max >> max(prefixLength - 64, 0)
            first = IPAddress(v6High: base.high & ~highHost, low: base.low & ~lowHost)
            last = IPAddress(v6High: base.high | highHost, low: base.low | lowHost)
        }
    }

    /// Whether an address lies in the range; never one of the other family.
    @inlinable
    package func contains(_ address: IPAddress) -> Bool {
        address.family == first.family && first <= address && address <= last
    }
}

extension IPRange: CustomStringConvertible, LosslessStringConvertible {
    /// Reads `address`, `address/prefix length` or `address-address`.
    @usableFromInline
    package init?(_ text: String) {
        guard let dash = text.firstIndex(of: "-") else {
            guard let (base, prefixLength) = Self.parseNetwork(text) else { return nil }
            self.init(base, prefixLength: prefixLength)
            return
        }
        guard let first = IPAddress(String(text[..<dash])),
            let last = IPAddress(String(text[text.index(after: dash)...]))
        else { return nil }
        self.init(from: first, to: last)
    }

    /// Reads `address` or `address/prefix length` (RFC 4632, RFC 4291 §2.3) as a range of unmapped addresses: a network of
    /// IPv4-mapped addresses is the IPv4 network, and one with other addresses besides is refused.
    package init?(network text: String) {
        guard let (base, prefixLength) = Self.parseNetwork(text) else { return nil }
        let unmapped = base.unmapped
        guard unmapped.family != base.family else {
            self.init(base, prefixLength: prefixLength)
            return
        }
        self.init(unmapped, prefixLength: prefixLength - 96)
    }

    /// An address and the length of its prefix, which is all of it where none is given: decimal, up to three digits.
    private static func parseNetwork(_ text: String) -> (base: IPAddress, prefixLength: Int)? {
        guard let slash = text.firstIndex(of: "/") else {
            return IPAddress(text).map { ($0, $0.family == .ipv4 ? 32 : 128) }
        }
        let digits = text[text.index(after: slash)...]
        guard let base = IPAddress(String(text[..<slash])), (1...3).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let prefixLength = Int(digits),
            prefixLength <= (base.family == .ipv4 ? 32 : 128)
        else { return nil }
        return (base, prefixLength)
    }

    /// `address` or `address-address`.
    @usableFromInline
    package var description: String { first == last ? "\(first)" : "\(first)-\(last)" }
}

extension IPAddress: Comparable {
    /// By number; all of IPv4 before IPv6.
    @inlinable
    package static func < (left: IPAddress, right: IPAddress) -> Bool {
        if left.family != right.family { return left.family.rawValue < right.family.rawValue }
        return left.high != right.high ? left.high < right.high : left.low < right.low
    }
}
