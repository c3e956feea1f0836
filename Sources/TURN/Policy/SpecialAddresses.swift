package import Addresses

/// Why an address cannot be a peer on the public internet.
package enum PeerDenial: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    /// One of this host's own addresses.
    case ownAddress
    case loopback
    /// RFC 1918 and unique local addresses.
    case privateNetwork
    case multicast
    /// Unspecified, link-local, carrier-grade NAT, documentation, benchmarking, translation and reserved ranges.
    case special
    /// Where clouds hand out credentials to their virtual machines.
    case cloudMetadata
    /// A range the operator denies.
    case configured
    /// A port whose services answer more than they are asked: 53, 123, 161, 389, 1900, 11211 by default.
    case port
    /// Port of one of our relayed addresses that no allocation holds.
    case deadRelayedAddress
}

/// The ranges that are denied unless configuration says otherwise (IANA's special-purpose registries, RFC 6890).
package enum SpecialAddresses {
    /// The reason why an address is special; nil for an ordinary one.
    package static func denial(of ip: IPAddress) -> PeerDenial? {
        ip.family == .ipv4 ? denial(v4: ip.v4Bits) : denial(v6: ip)
    }

    /// All ranges, IPv4 first; some lie within others. For the configuration of another relay.
    package static var ranges: [IPRange] { v4.compactMap(\.range) + v6.compactMap(\.range) }

    private static func denial(v4 bits: UInt32) -> PeerDenial? {
        for entry in v4 where bits & entry.mask == entry.base { return entry.denial }
        return nil
    }

    private static func denial(v6 ip: IPAddress) -> PeerDenial? {
        for entry in v6 where ip.high & entry.highMask == entry.high && ip.low & entry.lowMask == entry.low {
            return entry.denial
        }
        return nil
    }

    private struct V4: Sendable {
        let base: UInt32
        let mask: UInt32
        let denial: PeerDenial

        init(_ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ length: UInt32, _ denial: PeerDenial) {
            base = a << 24 | b << 16 | c << 8 | d
            mask = length == 0 ? 0 : ~UInt32(0) << (32 - length)
            self.denial = denial
        }

        var range: IPRange? {
            IPRange(from: IPAddress(v4: base), to: IPAddress(v4: base | ~mask))
        }
    }

    private struct V6: Sendable {
        let high: UInt64
        let highMask: UInt64
        let low: UInt64
        let lowMask: UInt64
        let denial: PeerDenial

        init(_ high: UInt64, low: UInt64 = 0, _ length: UInt64, _ denial: PeerDenial) {
            self.high = high
            self.low = low
            highMask = length >= 64 ? ~0 : ~0 << (64 - length)
            lowMask = length <= 64 ? 0 : ~0 << (128 - length)
            self.denial = denial
        }

        var range: IPRange? {
            IPRange(
                from: IPAddress(v6High: high, low: low),
                to: IPAddress(v6High: high | ~highMask, low: low | ~lowMask))
        }
    }

    // Single addresses before the ranges they lie in.
    private static let v4: [V4] = [
        V4(169, 254, 169, 254, 32, .cloudMetadata),
        V4(168, 63, 129, 16, 32, .cloudMetadata),
        V4(100, 100, 100, 200, 32, .cloudMetadata),
        V4(192, 0, 0, 192, 32, .cloudMetadata),
        V4(0, 0, 0, 0, 8, .special),
        V4(10, 0, 0, 0, 8, .privateNetwork),
        V4(100, 64, 0, 0, 10, .special),
        V4(127, 0, 0, 0, 8, .loopback),
        V4(169, 254, 0, 0, 16, .special),
        V4(172, 16, 0, 0, 12, .privateNetwork),
        V4(192, 0, 0, 0, 24, .special),
        V4(192, 0, 2, 0, 24, .special),
        V4(192, 88, 99, 0, 24, .special),
        V4(192, 168, 0, 0, 16, .privateNetwork),
        V4(198, 18, 0, 0, 15, .special),
        V4(198, 51, 100, 0, 24, .special),
        V4(203, 0, 113, 0, 24, .special),
        V4(224, 0, 0, 0, 4, .multicast),
        V4(240, 0, 0, 0, 4, .special),  // and 255.255.255.255
    ]

    private static let v6: [V6] = [
        V6(0xFD00_0EC2_0000_0000, low: 0x254, 128, .cloudMetadata),
        V6(0xFD20_00CE_0000_0000, low: 0x254, 128, .cloudMetadata),
        V6(0, low: 1, 128, .loopback),
        V6(0, 96, .special),  // :: and IPv4-compatible
        V6(0, low: 0xFFFF_0000_0000, 96, .special),  // IPv4-mapped: never on a wire
        V6(0, low: 0xFFFF_0000_0000_0000, 96, .special),  // IPv4-translated
        V6(0x0064_FF9B_0000_0000, 96, .special),  // NAT64
        V6(0x0064_FF9B_0001_0000, 48, .special),  // local-use NAT64
        V6(0x0100_0000_0000_0000, 64, .special),  // discard
        V6(0x2001_0000_0000_0000, 23, .special),  // protocol assignments, Teredo
        V6(0x2001_0DB8_0000_0000, 32, .special),  // documentation
        V6(0x2002_0000_0000_0000, 16, .special),  // 6to4
        V6(0x3FFF_0000_0000_0000, 20, .special),  // documentation
        V6(0x5F00_0000_0000_0000, 16, .special),  // segment routing
        V6(0xFC00_0000_0000_0000, 7, .privateNetwork),
        V6(0xFE80_0000_0000_0000, 10, .special),  // link-local
        V6(0xFEC0_0000_0000_0000, 10, .special),  // site-local
        V6(0xFF00_0000_0000_0000, 8, .multicast),
    ]
}
