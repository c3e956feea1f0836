/// A range of addresses of one family, both ends included.
package struct IPRange: Hashable, BitwiseCopyable, Sendable {
    package let first: IPAddress
    package let last: IPAddress

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
    package init?(_ text: String) {
        let separators: (Character) -> Bool = { $0 == "/" || $0 == "-" }
        guard let separator = text.firstIndex(where: separators) else {
            guard let address = IPAddress(text) else { return nil }
            self.init(address)
            return
        }
        let rest = text[text.index(after: separator)...]
        guard let base = IPAddress(String(text[..<separator])) else { return nil }
        if text[separator] == "-" {
            guard let last = IPAddress(String(rest)) else { return nil }
            self.init(from: base, to: last)
        } else {
            guard (1...3).contains(rest.utf8.count), rest.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let prefixLength = Int(rest)
            else { return nil }
            self.init(base, prefixLength: prefixLength)
        }
    }

    /// `address` or `address-address`.
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
