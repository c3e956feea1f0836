public import BigEndian

/// The first 20 bytes of a STUN message (RFC 8489 §5).
@usableFromInline
package struct MessageHeader: BitwiseCopyable, Sendable {
    /// Bytes of the header.
    @inlinable
    package static var byteCount: Int { 20 }
    /// What tells STUN from its predecessor and from other protocols.
    @inlinable
    package static var magicCookie: UInt32 { 0x2112_A442 }

    /// The method's number, 0 to 0xFFF; ``Method`` names the ones we know.
    @usableFromInline package let methodNumber: UInt16
    @usableFromInline package let messageClass: MessageClass
    /// Bytes of all attributes behind the header; a multiple of 4.
    @usableFromInline package let attributesByteCount: Int
    @usableFromInline package let transactionID: TransactionID

    /// Nothing unless the bytes are exactly one STUN message by its header: two zero bits, the magic cookie, a length
    /// that is a multiple of 4 and equal to what follows. The attributes are not looked at.
    @inlinable
    package init?(_ bytes: RawSpan) {
        guard bytes.byteCount >= 20, bytes.uint8(at: 0) & 0xC0 == 0, bytes.uint32(at: 4) == 0x2112_A442 else {
            return nil
        }
        let type = bytes.uint16(at: 0)
        attributesByteCount = Int(bytes.uint16(at: 2))
        guard attributesByteCount & 3 == 0, attributesByteCount == bytes.byteCount &- 20 else { return nil }
        methodNumber = type & 0x000F | (type & 0x00E0) >> 1 | (type & 0x3E00) >> 2
        switch (type & 0x0100 != 0, type & 0x0010 != 0) {
        case (false, false): messageClass = .request
        case (false, true): messageClass = .indication
        case (true, false): messageClass = .success
        case (true, true): messageClass = .error
        }
        transactionID = TransactionID(high: bytes.uint32(at: 8), low: bytes.uint64(at: 12))
    }

    /// The method, if it is one we know.
    @inlinable
    package var method: Method? { Method(rawValue: methodNumber) }

    /// The 16 bits that stand first in a message: class and method woven together.
    @inlinable
    package static func type(_ messageClass: MessageClass, methodNumber: UInt16) -> UInt16 {
        let classBits = UInt16(messageClass.rawValue)
        return methodNumber & 0x000F | (methodNumber & 0x0070) << 1 | (methodNumber & 0x0F80) << 2
            | (classBits & 1) << 4 | (classBits & 2) << 7
    }
}
