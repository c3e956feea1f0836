/// The way of nearly every message: a text that is one frame, and came in one piece. It needs no decoder.
package enum WholeFrame {
    /// Unmasks the text frame that begins at `offset` where it stands, and moves `offset` past it.
    ///
    /// The frame is taken if it is final, keeps every rule of RFC 6455 §5.2, and stands in `bytes` to its end. Nil for
    /// whatever else begins there: `bytes` and `offset` are then as they were, and a ``FrameDecoder`` says what it is.
    ///
    /// Only between two messages: the caller must know of no frame and no fragmented message that is under way. The
    /// text is not checked for UTF-8; its reader must do that.
    /// - Parameters:
    ///   - bytes: what was read from the connection. Its memory may be written to.
    ///   - offset: within `bytes`, or its end.
    ///   - maxMessageBytes: a frame with more is not taken.
    /// - Returns: the payload within `bytes`.
    package static func readText(
        in bytes: UnsafeMutableRawBufferPointer, at offset: inout Int, maxMessageBytes: Int
    ) -> UnsafeRawBufferPointer? {
        let available = bytes.count - offset
        // Final, text, no reserved bits.
        guard available >= 6, bytes[offset] == 0x81 else { return nil }
        let masked = bytes[offset + 1]
        guard masked & 0x80 != 0 else { return nil }
        var length = Int(masked & 0x7F)
        var headerLength = 6
        switch length {
        case ..<126: break
        case 126:
            headerLength = 8
            guard available >= headerLength else { return nil }
            length = Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 2, as: UInt16.self)))
            guard length >= 126 else { return nil }
        default:
            headerLength = 14
            guard available >= headerLength else { return nil }
            let announced = UInt64(
                bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 2, as: UInt64.self))
            guard announced > 0xFFFF, announced <= UInt64(available) else { return nil }
            length = Int(announced)
        }
        guard length <= maxMessageBytes, length <= available - headerLength else { return nil }
        let start = offset + headerLength
        let payload = UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + length])
        MaskingKey(in: bytes, at: start - 4).apply(to: payload, at: 0)
        offset = start + length
        return UnsafeRawBufferPointer(payload)
    }
}
