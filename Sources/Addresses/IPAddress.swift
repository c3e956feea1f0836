/// An IPv4 or IPv6 address without port or zone, as plain bits.
///
/// An IPv4-mapped IPv6 address stays what it is until ``unmapped`` undoes it: where a socket, a proxy or an
/// operator names it, and in ``AddressKey``. The policy on peers decides which other forms contain an IPv4 address.
///
/// In a package type `@inlinable` alone does nothing: another target can inline a member only if type and stored
/// properties are `@usableFromInline` too, which is why what packets touch says so.
@usableFromInline
package struct IPAddress: Hashable, BitwiseCopyable, Sendable {
    /// The address family as STUN writes it (RFC 8489 §14.1).
    @usableFromInline
    package enum Family: UInt8, BitwiseCopyable, Sendable, CaseIterable {
        case ipv4 = 0x01
        case ipv6 = 0x02
    }

    @usableFromInline package let family: Family
    /// The first 64 bits of an IPv6 address; 0 for IPv4.
    @usableFromInline package let high: UInt64
    /// The last 64 bits of an IPv6 address, or the 32 bits of an IPv4 address.
    @usableFromInline package let low: UInt64

    /// An IPv4 address from its number: 127.0.0.1 is 0x7F000001.
    @inlinable @inline(__always)
    package init(v4 bits: UInt32) {
        family = .ipv4
        high = 0
        low = UInt64(bits)
    }

    /// An IPv6 address from its two halves.
    @inlinable @inline(__always)
    package init(v6High high: UInt64, low: UInt64) {
        family = .ipv6
        self.high = high
        self.low = low
    }

    /// The number of an IPv4 address; meaningless for IPv6.
    @inlinable @inline(__always)
    package var v4Bits: UInt32 { UInt32(truncatingIfNeeded: low) }

    /// 0.0.0.0 or ::.
    @inlinable @inline(__always)
    package var isUnspecified: Bool { high == 0 && low == 0 }

    /// 127.0.0.0/8 or ::1; forms of IPv6 that stand for an IPv4 address are not unwrapped.
    @inlinable
    package var isLoopback: Bool {
        family == .ipv4 ? low >> 24 == 127 : high == 0 && low == 1
    }

    /// The IPv4 address that an IPv4-mapped one (`::ffff:192.0.2.1`) stands for, as sockets of both families write it;
    /// any other address as it is. The one place that undoes the mapping (RFC 4291 §2.5.5.2).
    @inlinable
    package var unmapped: IPAddress {
        guard family == .ipv6, high == 0, low >> 32 == 0xFFFF else { return self }
        return IPAddress(v4: UInt32(truncatingIfNeeded: low))
    }

    @inlinable package static var anyIPv4: IPAddress { IPAddress(v4: 0) }
    @inlinable package static var anyIPv6: IPAddress { IPAddress(v6High: 0, low: 0) }
    @inlinable package static var loopbackIPv4: IPAddress { IPAddress(v4: 0x7F00_0001) }
    @inlinable package static var loopbackIPv6: IPAddress { IPAddress(v6High: 0, low: 1) }
}

/// Written out, because what the compiler derives cannot be inlined into another target.
extension IPAddress {
    @inlinable @inline(__always)
    package static func == (left: IPAddress, right: IPAddress) -> Bool {
        // By cases, which needs no call of what the compiler derives for the family.
        switch (left.family, right.family) {
        case (.ipv4, .ipv4), (.ipv6, .ipv6): left.low == right.low && left.high == right.high
        case (.ipv4, .ipv6), (.ipv6, .ipv4): false
        }
    }

    @inlinable
    package func hash(into hasher: inout Hasher) {
        hasher.combine(family.rawValue)
        hasher.combine(high)
        hasher.combine(low)
    }
}
