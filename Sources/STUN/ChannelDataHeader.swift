public import BigEndian

/// The four bytes before the data of a ChannelData message (RFC 8656 §12.4).
@usableFromInline
package struct ChannelDataHeader: BitwiseCopyable, Sendable {
    /// Bytes of the header.
    @inlinable package static var headerByteCount: Int { 4 }
    /// Numbers that clients use: RFC 8656 §12 ends at 0x4FFF, RFC 5766 and what is in use at 0x7FFF.
    package static let channels: ClosedRange<UInt16> = 0x4000...0x7FFF

    @usableFromInline package let channel: UInt16
    /// Bytes of data behind the header; padding is not counted.
    @usableFromInline package let byteCount: Int

    /// Nothing unless the bytes begin with a channel number and hold all the data. What follows the data is padding
    /// or nothing, and is ignored: some clients pad on UDP too (RFC 8656 §12.5).
    @inlinable @inline(__always)
    package init?(_ bytes: RawSpan) {
        guard bytes.byteCount >= 4 else { return nil }
        let word = bytes.uint32(at: 0)
        guard word &>> 30 == 1 else { return nil }
        channel = UInt16(truncatingIfNeeded: word &>> 16)
        byteCount = Int(word & 0xFFFF)
        guard byteCount <= bytes.byteCount &- 4 else { return nil }
    }

    /// The header as it lies in memory: store it as it is, its bytes are in network order.
    @inlinable @inline(__always)
    package static func word(channel: UInt16, byteCount: Int) -> UInt32 {
        (UInt32(channel) &<< 16 | UInt32(truncatingIfNeeded: byteCount) & 0xFFFF).bigEndian
    }

    /// Header and data with the padding that streams need (RFC 8656 §12.5).
    @inlinable @inline(__always)
    package static func paddedMessageByteCount(dataByteCount: Int) -> Int {
        4 &+ (dataByteCount &+ 3) & ~3
    }
}
