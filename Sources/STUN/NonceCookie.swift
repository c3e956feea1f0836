import BigEndian

/// The start of a nonce that tells clients the features of the server, so that no attacker on the path can hide
/// them (RFC 8489 §9.2): `obMatJos2` and the 24 feature bits of §18.1 in base64.
package enum NonceCookie {
    /// What a nonce announces; bit 0 of §18.1 is the most significant of 24.
    package struct Features: OptionSet, BitwiseCopyable, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }

        /// The server sends PASSWORD-ALGORITHMS, and clients must answer it.
        package static let passwordAlgorithms = Features(rawValue: 0x80_0000)
        /// The server takes USERHASH in place of USERNAME.
        package static let usernameAnonymity = Features(rawValue: 0x40_0000)
    }

    /// Bytes of the cookie.
    package static let byteCount = 13

    /// The cookie for some features.
    package static func make(_ features: Features) -> InlineArray<13, UInt8> {
        var cookie = InlineArray<13, UInt8>(repeating: 0)
        for position in prefix.indices { cookie[position] = prefix[position] }
        for digit in 0..<4 {
            let bits = features.rawValue >> UInt32(18 - 6 * digit) & 0x3F
            cookie[9 + digit] = base64Digit(UInt8(truncatingIfNeeded: bits))
        }
        return cookie
    }

    /// The features that a nonce announces; nothing when it does not begin with a cookie.
    package static func features(of bytes: RawSpan, _ nonce: Range<Int>) -> Features? {
        guard nonce.count >= byteCount else { return nil }
        for position in prefix.indices {
            guard bytes.uint8(at: nonce.lowerBound + position) == prefix[position] else { return nil }
        }
        var bits: UInt32 = 0
        for position in nonce.lowerBound + 9..<nonce.lowerBound + 13 {
            guard let digit = base64Value(bytes.uint8(at: position)) else { return nil }
            bits = bits << 6 | UInt32(digit)
        }
        return Features(rawValue: bits)
    }

    private static let prefix = Array("obMatJos2".utf8)

    private static func base64Digit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + (value - 26)
        case 52..<62: UInt8(ascii: "0") + (value - 52)
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    private static func base64Value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
