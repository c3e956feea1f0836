import BigEndian

/// FINGERPRINT: a checksum by which STUN is told from other protocols on the same port (RFC 8489 §14.7).
package enum Fingerprint {
    /// Bytes of the attribute with its type and length.
    package static let attributeByteCount = 8

    /// The attribute's value for a message whose FINGERPRINT begins at an offset. The header's length counts as if the
    /// message ended with it.
    package static func value(of bytes: RawSpan, at offset: Int) -> UInt32 {
        var state = UInt32.max
        let length = offset - MessageHeader.byteCount + attributeByteCount
        for position in 0..<offset {
            let byte =
                switch position {
                case 2: UInt8(truncatingIfNeeded: length >> 8)
                case 3: UInt8(truncatingIfNeeded: length)
                default: bytes.uint8(at: position)
                }
            state = CRC32.update(state, with: byte)
        }
        return ~state ^ 0x5354_554E
    }

    /// Whether the FINGERPRINT that begins at an offset, found by ``MessageIndex``, is true.
    package static func verify(_ bytes: RawSpan, at offset: Int) -> Bool {
        bytes.uint32(at: offset + 4) == value(of: bytes, at: offset)
    }
}
