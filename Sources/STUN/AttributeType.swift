/// The number of an attribute (RFC 8489 §14, RFC 8656 §18). Any number is possible; the constants are those we read
/// or write.
@usableFromInline
package struct AttributeType: RawRepresentable, Hashable, BitwiseCopyable, Sendable {
    @usableFromInline package let rawValue: UInt16

    @inlinable @inline(__always)
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// A receiver that does not know the attribute must not act on the message: numbers below 0x8000 (RFC 8489
    /// §14).
    @inlinable @inline(__always)
    package var isComprehensionRequired: Bool { rawValue < 0x8000 }

    // RFC 8489
    package static let mappedAddress = AttributeType(rawValue: 0x0001)
    package static let username = AttributeType(rawValue: 0x0006)
    package static let messageIntegrity = AttributeType(rawValue: 0x0008)
    package static let errorCode = AttributeType(rawValue: 0x0009)
    package static let unknownAttributes = AttributeType(rawValue: 0x000A)
    package static let realm = AttributeType(rawValue: 0x0014)
    package static let nonce = AttributeType(rawValue: 0x0015)
    package static let messageIntegritySHA256 = AttributeType(rawValue: 0x001C)
    package static let passwordAlgorithm = AttributeType(rawValue: 0x001D)
    package static let userhash = AttributeType(rawValue: 0x001E)
    package static let xorMappedAddress = AttributeType(rawValue: 0x0020)
    package static let passwordAlgorithms = AttributeType(rawValue: 0x8002)
    package static let alternateDomain = AttributeType(rawValue: 0x8003)
    package static let software = AttributeType(rawValue: 0x8022)
    package static let alternateServer = AttributeType(rawValue: 0x8023)
    package static let fingerprint = AttributeType(rawValue: 0x8028)

    // RFC 8656
    package static let channelNumber = AttributeType(rawValue: 0x000C)
    package static let lifetime = AttributeType(rawValue: 0x000D)
    package static let xorPeerAddress = AttributeType(rawValue: 0x0012)
    package static let data = AttributeType(rawValue: 0x0013)
    package static let xorRelayedAddress = AttributeType(rawValue: 0x0016)
    package static let requestedAddressFamily = AttributeType(rawValue: 0x0017)
    package static let evenPort = AttributeType(rawValue: 0x0018)
    package static let requestedTransport = AttributeType(rawValue: 0x0019)
    package static let dontFragment = AttributeType(rawValue: 0x001A)
    package static let reservationToken = AttributeType(rawValue: 0x0022)
    package static let additionalAddressFamily = AttributeType(rawValue: 0x8000)
    package static let addressErrorCode = AttributeType(rawValue: 0x8001)
    package static let icmp = AttributeType(rawValue: 0x8004)

    /// ADDITIONAL-ADDRESS-FAMILY as coturn before 4.8 and its test client write it.
    package static let additionalAddressFamilyOfOldCoturn = AttributeType(rawValue: 0x8032)
}

extension AttributeType: CustomStringConvertible {
    /// All types with a name in the standards we implement.
    package static let named: [AttributeType: String] = [
        .mappedAddress: "MAPPED-ADDRESS", .username: "USERNAME", .messageIntegrity: "MESSAGE-INTEGRITY",
        .errorCode: "ERROR-CODE", .unknownAttributes: "UNKNOWN-ATTRIBUTES", .realm: "REALM", .nonce: "NONCE",
        .messageIntegritySHA256: "MESSAGE-INTEGRITY-SHA256", .passwordAlgorithm: "PASSWORD-ALGORITHM",
        .userhash: "USERHASH", .xorMappedAddress: "XOR-MAPPED-ADDRESS",
        .passwordAlgorithms: "PASSWORD-ALGORITHMS", .alternateDomain: "ALTERNATE-DOMAIN",
        .software: "SOFTWARE",
        .alternateServer: "ALTERNATE-SERVER", .fingerprint: "FINGERPRINT", .channelNumber: "CHANNEL-NUMBER",
        .lifetime: "LIFETIME", .xorPeerAddress: "XOR-PEER-ADDRESS", .data: "DATA",
        .xorRelayedAddress: "XOR-RELAYED-ADDRESS", .requestedAddressFamily: "REQUESTED-ADDRESS-FAMILY",
        .evenPort: "EVEN-PORT", .requestedTransport: "REQUESTED-TRANSPORT", .dontFragment: "DONT-FRAGMENT",
        .reservationToken: "RESERVATION-TOKEN", .additionalAddressFamily: "ADDITIONAL-ADDRESS-FAMILY",
        .additionalAddressFamilyOfOldCoturn: "ADDITIONAL-ADDRESS-FAMILY",
        .addressErrorCode: "ADDRESS-ERROR-CODE", .icmp: "ICMP",
    ]

    /// The standard's name, or the number in hexadecimal.
    @usableFromInline
    package var description: String {
        if let name = Self.named[self] { return name }
        let digits = String(rawValue, radix: 16, uppercase: true)
        return "0x" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// A type that must be understood and is: a message may hold it even where it means nothing.
    @usableFromInline
    package var isUnderstood: Bool {
        switch rawValue {
        case 0x0001, 0x0006, 0x0008, 0x0009, 0x000A, 0x000C, 0x000D, 0x0012...0x001A, 0x001C, 0x001D, 0x001E,
            0x0020, 0x0022:
            true
        default: !isComprehensionRequired
        }
    }
}
