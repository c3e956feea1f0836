/// Base64 without padding rules to choose from: standard with padding for credentials (RFC 4648 §4), URL-safe without
/// for nonces (§5).
enum Base64 {
    private static let standard = Array(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Standard base64 with padding.
    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let word = (0..<3).reduce(UInt32(0)) {
                $0 << 8 | UInt32($1 < group.count ? group[start + $1] : 0)
            }
            for digit in 0..<4 {
                text.append(
                    digit <= group.count
                        ? standard[Int(word >> UInt32(18 - 6 * digit)) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Sixteen URL-safe digits for twelve bytes.
    static func encodeURLSafe(high: UInt32, low: UInt64) -> [UInt8] {
        var digits = [UInt8](repeating: 0, count: 16)
        var (high, low) = (UInt64(high), low)
        for place in digits.indices.reversed() {
            digits[place] = urlSafeDigit(UInt8(truncatingIfNeeded: low & 63))
            low = low >> 6 | high << 58
            high >>= 6
        }
        return digits
    }

    private static func urlSafeDigit(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + (value - 26)
        case 52..<62: UInt8(ascii: "0") + (value - 52)
        case 62: UInt8(ascii: "-")
        default: UInt8(ascii: "_")
        }
    }

    /// The value of a URL-safe digit.
    static func urlSafeValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0") + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
