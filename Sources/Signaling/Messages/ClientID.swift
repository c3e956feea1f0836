import JSON

/// The name the server gives a connection: a random UUID (RFC 9562 §5.4), 36 characters in text.
@usableFromInline
package struct ClientID: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    /// Draws a new id. The generator must be cryptographic: peers see each other's ids.
    package init(using generator: inout some RandomNumberGenerator) {
        high = generator.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        low = generator.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    /// Appends the 36 characters, lower case.
    package func append(to bytes: inout [UInt8]) {
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { bytes.append(UInt8(ascii: "-")) }
            let half = index < 8 ? high : low
            let byte = UInt8(truncatingIfNeeded: half >> UInt64(56 - (index & 7) * 8))
            bytes.append(JSONText.hexDigit(byte >> 4))
            bytes.append(JSONText.hexDigit(byte & 0xF))
        }
    }

    /// The 36 characters, lower case.
    package var text: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
