public import Addresses
public import BigEndian

/// A Send indication (RFC 8656 §11.2), read in one pass: its peer address and the position of its data.
///
/// Clients that never bind a channel send all media this way, so it has its own reader instead of ``MessageIndex``,
/// with the same rules: the first of several attributes counts, nothing counts behind the closing ones.
@usableFromInline
package struct SendIndication: BitwiseCopyable, Sendable {
    /// Class and method as they stand in a message.
    @inlinable package static var messageType: UInt16 { 0x0016 }

    @usableFromInline package let peer: TransportAddress
    /// Where the data begins, counted from the message's first byte.
    @usableFromInline package let payloadOffset: Int
    /// Bytes of data, possibly none.
    @usableFromInline package let payloadByteCount: Int
    /// Whether the datagram must not be fragmented on its way.
    @usableFromInline package let dontFragment: Bool

    /// Nothing unless the bytes are exactly one Send indication with a peer and data, without an attribute that must
    /// be understood and is not, and with a true FINGERPRINT if there is one. Such a message is dropped without an
    /// answer (RFC 8489 §6.3.2, RFC 8656 §11.2).
    @inlinable
    package init?(_ bytes: RawSpan) {
        guard let header = MessageHeader(bytes), bytes.uint16(at: 0) == 0x0016 else { return nil }
        var peer: TransportAddress?
        var payload: (offset: Int, byteCount: Int)?
        var dontFragment = false
        var seen = 0
        var offset = 20
        while offset < bytes.byteCount {
            let word = bytes.uint32(at: offset)
            let type = AttributeType(rawValue: UInt16(truncatingIfNeeded: word &>> 16))
            let byteCount = Int(word & 0xFFFF)
            let value = offset &+ 4
            offset = value &+ (byteCount &+ 3) & ~3
            guard offset <= bytes.byteCount, seen < 48 else { return nil }
            seen &+= 1
            switch type.rawValue {
            case 0x0012 where peer == nil:
                peer = XORAddress.read(bytes, at: value, byteCount: byteCount, header.transactionID)
                guard peer != nil else { return nil }
            case 0x0013 where payload == nil:
                payload = (value, byteCount)
            case 0x001A:
                guard byteCount == 0 || dontFragment else { return nil }
                dontFragment = true
            case 0x0008, 0x001C, 0x8028:
                // Rare: what may follow, and whether it is right, is for the careful reader.
                guard Self.closesWell(bytes) else { return nil }
                offset = bytes.byteCount
            default:
                guard type.isUnderstood else { return nil }
            }
        }
        guard let peer, let payload else { return nil }
        self.peer = peer
        self.payloadOffset = payload.offset
        self.payloadByteCount = payload.byteCount
        self.dontFragment = dontFragment
    }

    /// Whether a message with closing attributes is well-formed to its end and its FINGERPRINT, if any, true.
    @usableFromInline @inline(never)
    static func closesWell(_ bytes: RawSpan) -> Bool {
        guard let index = try? MessageIndex(bytes) else { return false }
        guard let fingerprint = index.first(.fingerprint) else { return true }
        return Fingerprint.verify(bytes, at: fingerprint.start)
    }
}
