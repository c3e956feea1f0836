/// Writes JSON text (RFC 8259 §7) into byte arrays.
@usableFromInline
package enum JSONText {
    /// Appends `text` between quotes, escaping what must be.
    package static func appendString(_ text: String, to bytes: inout [UInt8]) {
        appendString(text.utf8, to: &bytes)
    }

    /// Appends the text whose UTF-8 is `utf8` between quotes, escaping what must be.
    @inlinable
    package static func appendString(_ utf8: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                append(#"\u00"#, to: &bytes)
                bytes.append(hexDigit(byte >> 4))
                bytes.append(hexDigit(byte & 0xF))
            default:
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    /// Appends JSON as it is written in the source.
    @inlinable
    package static func append(_ literal: StaticString, to bytes: inout [UInt8]) {
        bytes.append(
            contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// The digit of a value below 16, in lower case.
    @inlinable
    package static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
