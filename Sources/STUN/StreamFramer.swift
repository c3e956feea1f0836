public import BigEndian

/// Cuts a stream of bytes, TCP or TLS, into STUN and ChannelData messages (RFC 8656 §12.5, RFC 8489 §6.2.2). Holds no
/// bytes: it says how long the message at the front of a buffer is.
@usableFromInline
package struct StreamFramer: BitwiseCopyable, Sendable {
    /// The kind of data at the front of a buffer.
    @usableFromInline
    package enum Frame: BitwiseCopyable, Equatable, Sendable {
        /// The message is not all there; how many bytes it has, if that is known already.
        case needMore(byteCount: Int?)
        /// A STUN message, by its first 8 bytes.
        case message(byteCount: Int)
        /// A ChannelData message without its padding, and with it.
        case channelData(byteCount: Int, paddedByteCount: Int)
        /// Neither, or longer than allowed: the stream cannot be read any further.
        case malformed
    }

    /// The longest message there can be: a STUN header and the largest multiple of 4 that its length can name, or a
    /// padded ChannelData message.
    package static let maxMessageBytes = 65_552

    /// The longest message taken, padding included.
    @usableFromInline package let maxBytes: Int

    /// A framer with a limit; by default what the formats allow.
    package init(maxBytes: Int = StreamFramer.maxMessageBytes) {
        self.maxBytes = maxBytes
    }

    /// Looks at the front of a buffer. Bytes behind the first message are not looked at. A stream that is wrong from
    /// its first byte is found out at that byte.
    @inlinable
    package func next(_ bytes: RawSpan) -> Frame {
        guard bytes.byteCount > 0 else { return .needMore(byteCount: nil) }
        switch bytes.uint8(at: 0) &>> 6 {
        case 0b00: return nextMessage(bytes)
        case 0b01: return nextChannelData(bytes)
        default: return .malformed
        }
    }

    @inlinable @inline(__always)
    func nextChannelData(_ bytes: RawSpan) -> Frame {
        guard bytes.byteCount >= 4 else { return .needMore(byteCount: nil) }
        let byteCount = 4 &+ Int(bytes.uint16(at: 2))
        let padded = (byteCount &+ 3) & ~3
        guard padded <= maxBytes else { return .malformed }
        guard padded <= bytes.byteCount else { return .needMore(byteCount: padded) }
        return .channelData(byteCount: byteCount, paddedByteCount: padded)
    }

    @inlinable
    func nextMessage(_ bytes: RawSpan) -> Frame {
        guard bytes.byteCount >= 4 else { return .needMore(byteCount: nil) }
        let byteCount = 20 &+ Int(bytes.uint16(at: 2))
        guard byteCount & 3 == 0, byteCount <= maxBytes else { return .malformed }
        for position in 4..<min(8, bytes.byteCount) {
            let cookie = UInt8(truncatingIfNeeded: 0x2112_A442 &>> (8 &* (7 &- position)))
            guard bytes.uint8(at: position) == cookie else { return .malformed }
        }
        guard byteCount <= bytes.byteCount else { return .needMore(byteCount: byteCount) }
        return .message(byteCount: byteCount)
    }
}
