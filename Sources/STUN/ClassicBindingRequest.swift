package import Addresses
import BigEndian

/// A Binding request of STUN's first version (RFC 3489 §8.1, §11.1), as some phones and telephone exchanges still
/// send it. It has no magic cookie: the cookie and transaction id of later versions are one transaction id of 128
/// bits.
///
/// RFC 5389 §12.2 defines the answer: MAPPED-ADDRESS, and 420 for features that only the first version had. Only
/// datagrams are read like this, because in a stream the cookie marks where a message begins.
package struct ClassicBindingRequest: BitwiseCopyable, Sendable {
    /// The first 32 bits of the transaction id, in the cookie's place; never the magic cookie.
    package let cookie: UInt32
    /// The rest of the transaction id.
    package let transactionID: TransactionID
    /// Types below 0x8000 that ask for something, each once.
    package let unknown: UnknownAttributes

    private static let changeRequest = AttributeType(rawValue: 0x0003)

    /// Nothing unless the bytes are exactly one Binding request without the cookie, with at most
    /// ``MessageIndex/maxAttributes`` whole attributes.
    package init?(_ bytes: RawSpan) {
        guard bytes.byteCount >= MessageHeader.byteCount,
            bytes.uint16(at: 0) == MessageHeader.type(.request, methodNumber: Method.binding.rawValue),
            Int(bytes.uint16(at: 2)) == bytes.byteCount - MessageHeader.byteCount,
            bytes.byteCount & 3 == 0, bytes.uint32(at: 4) != MessageHeader.magicCookie,
            let unknown = Self.unknown(bytes)
        else { return nil }
        cookie = bytes.uint32(at: 4)
        transactionID = TransactionID(high: bytes.uint32(at: 8), low: bytes.uint64(at: 12))
        self.unknown = unknown
    }

    private static func unknown(_ bytes: RawSpan) -> UnknownAttributes? {
        var unknown = UnknownAttributes()
        var seen = 0
        var offset = MessageHeader.byteCount
        // The length is a multiple of 4, and padding keeps it one: 4 bytes are there, or none.
        while offset < bytes.byteCount {
            let type = AttributeType(rawValue: bytes.uint16(at: offset))
            let byteCount = Int(bytes.uint16(at: offset + 2))
            let next = offset + 4 + (byteCount + 3) & ~3
            guard next <= bytes.byteCount, seen < MessageIndex.maxAttributes else { return nil }
            // Clients of that time always send CHANGE-REQUEST; with no flag set it asks for nothing.
            let asksForNothing =
                type == changeRequest && byteCount == 4 && bytes.uint32(at: offset + 4) == 0
            if type.isComprehensionRequired, !asksForNothing { unknown.insert(type) }
            seen += 1
            offset = next
        }
        return unknown
    }
}

extension MessageWriter {
    /// Begins the answer to a request without the magic cookie, whose transaction id stands in its place.
    package mutating func begin(_ messageClass: MessageClass, answering request: ClassicBindingRequest) {
        begin(
            messageClass, methodNumber: Method.binding.rawValue, request.cookie, request.transactionID)
    }

    /// MAPPED-ADDRESS (RFC 8489 §14.1). NATs that rewrite packets can corrupt it; it is for clients that do not
    /// know XOR-MAPPED-ADDRESS.
    package mutating func add(_ type: AttributeType, plain address: TransportAddress) {
        guard let value = add(type, byteCount: XORAddress.byteCount(address.family)) else { return }
        value.storeBigEndian(UInt16(address.family.rawValue), at: 0)
        value.storeBigEndian(address.port, at: 2)
        if address.family == .ipv4 {
            value.storeBigEndian(address.ip.v4Bits, at: 4)
        } else {
            value.storeBigEndian(address.ip.high, at: 4)
            value.storeBigEndian(address.ip.low, at: 12)
        }
    }

    /// UNKNOWN-ATTRIBUTES as RFC 3489 §11.2.10 has it: an even number of types, the last of an odd number twice.
    package mutating func add(inPairs unknown: UnknownAttributes) {
        let count = unknown.count + unknown.count & 1
        guard let value = add(.unknownAttributes, byteCount: 2 * count) else { return }
        for position in 0..<count {
            value.storeBigEndian(unknown[min(position, unknown.count - 1)].rawValue, at: 2 * position)
        }
    }
}
