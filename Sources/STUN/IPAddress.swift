/// An IPv4 or IPv6 address without port or zone, as plain bits.
///
/// An IPv4-mapped IPv6 address stays what it is: which forms stand for an IPv4 address is the business of whoever
/// decides about peers, not of the address.
package struct IPAddress: Hashable, BitwiseCopyable, Sendable {
    /// The address family as STUN writes it (RFC 8489 §14.1).
    package enum Family: UInt8, BitwiseCopyable, Sendable, CaseIterable {
        case ipv4 = 0x01
        case ipv6 = 0x02
    }

    package let family: Family
    /// The first 64 bits of an IPv6 address; 0 for IPv4.
    package let high: UInt64
    /// The last 64 bits of an IPv6 address, or the 32 bits of an IPv4 address.
    package let low: UInt64

    /// An IPv4 address from its number: 127.0.0.1 is 0x7F000001.
    @inline(__always)
    package init(v4 bits: UInt32) {
        family = .ipv4
        high = 0
        low = UInt64(bits)
    }

    /// An IPv6 address from its two halves.
    @inline(__always)
    package init(v6High high: UInt64, low: UInt64) {
        family = .ipv6
        self.high = high
        self.low = low
    }

    /// The number of an IPv4 address; meaningless for IPv6.
    @inline(__always)
    package var v4Bits: UInt32 { UInt32(truncatingIfNeeded: low) }

    /// 0.0.0.0 or ::.
    package var isUnspecified: Bool { high == 0 && low == 0 }

    /// 127.0.0.0/8 or ::1; forms of IPv6 that stand for an IPv4 address are not unwrapped.
    package var isLoopback: Bool {
        family == .ipv4 ? low >> 24 == 127 : high == 0 && low == 1
    }

    package static let anyIPv4 = IPAddress(v4: 0)
    package static let anyIPv6 = IPAddress(v6High: 0, low: 0)
    package static let loopbackIPv4 = IPAddress(v4: 0x7F00_0001)
    package static let loopbackIPv6 = IPAddress(v6High: 0, low: 1)
}
