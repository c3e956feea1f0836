package import Addresses
import BigEndian

/// The attributes that a server writes, and those that a client of ours does.
extension MessageWriter {
    /// An attribute without a value: DONT-FRAGMENT.
    package mutating func add(_ type: AttributeType) {
        _ = add(type, byteCount: 0)
    }

    /// An attribute of 32 bits: LIFETIME in seconds.
    package mutating func add(_ type: AttributeType, _ number: UInt32) {
        add(type, byteCount: 4)?.storeBigEndian(number, at: 0)
    }

    /// An attribute of 64 bits: RESERVATION-TOKEN, PASSWORD-ALGORITHMS.
    package mutating func add(_ type: AttributeType, _ number: UInt64) {
        add(type, byteCount: 8)?.storeBigEndian(number, at: 0)
    }

    /// An attribute of bytes: DATA, or a name that is kept as bytes.
    package mutating func add(_ type: AttributeType, bytes: RawSpan) {
        guard let value = add(type, byteCount: bytes.byteCount) else { return }
        bytes.withUnsafeBytes { source in
            if let start = source.baseAddress { value.copyMemory(from: start, byteCount: source.count) }
        }
    }

    /// An attribute of bytes in an array.
    package mutating func add(_ type: AttributeType, bytes: [UInt8]) {
        add(type, bytes: bytes.span.bytes)
    }

    /// An attribute of bytes in a buffer.
    package mutating func add(_ type: AttributeType, bytes: UnsafeRawBufferPointer) {
        add(type, bytes: bytes.bytes)
    }

    /// An attribute of text: REALM, USERNAME, SOFTWARE.
    package mutating func add(_ type: AttributeType, _ text: String) {
        add(type, bytes: text.utf8Span.span.bytes)
    }

    /// NONCE in two parts (RFC 8489 §9.2): the cookie, if there is one, and what the server minted.
    package mutating func addNonce(_ features: NonceCookie.Features?, _ payload: [UInt8]) {
        let cookieByteCount = features == nil ? 0 : NonceCookie.byteCount
        guard let value = add(.nonce, byteCount: cookieByteCount + payload.count) else { return }
        if let features {
            let cookie = NonceCookie.make(features)
            for offset in cookie.indices {
                value.storeBytes(of: cookie[offset], toByteOffset: offset, as: UInt8.self)
            }
        }
        payload.withUnsafeBytes { source in
            if let start = source.baseAddress {
                (value + cookieByteCount).copyMemory(from: start, byteCount: source.count)
            }
        }
    }

    /// ERROR-CODE without a reason (RFC 8489 §14.8).
    package mutating func add(_ code: ErrorCode) {
        add(.errorCode, code.word)
    }

    /// ADDRESS-ERROR-CODE without a reason (RFC 8656 §18.12): the family that was not given, and why.
    package mutating func add(_ code: ErrorCode, for family: IPAddress.Family) {
        add(.addressErrorCode, UInt32(family.rawValue) << 24 | code.word)
    }

    /// UNKNOWN-ATTRIBUTES (RFC 8489 §14.9).
    package mutating func add(_ unknown: UnknownAttributes) {
        guard let value = add(.unknownAttributes, byteCount: 2 * unknown.count) else { return }
        for position in 0..<unknown.count {
            value.storeBigEndian(unknown[position].rawValue, at: 2 * position)
        }
    }

    /// CHANNEL-NUMBER (RFC 8656 §18.1).
    package mutating func add(channelNumber: UInt16) {
        add(.channelNumber, UInt32(channelNumber) << 16)
    }

    /// REQUESTED-TRANSPORT (RFC 8656 §18.7): UDP, unless another protocol number is given.
    package mutating func add(requestedTransport: UInt8 = 17) {
        add(.requestedTransport, UInt32(requestedTransport) << 24)
    }

    /// REQUESTED-ADDRESS-FAMILY or ADDITIONAL-ADDRESS-FAMILY (RFC 8656 §18.6, §18.11).
    package mutating func add(_ type: AttributeType, _ family: IPAddress.Family) {
        add(type, UInt32(family.rawValue) << 24)
    }

    /// EVEN-PORT (RFC 8656 §18.5), with or without the next port.
    package mutating func add(evenPortReservingNext reserve: Bool) {
        add(.evenPort, byteCount: 1)?.storeBytes(of: reserve ? 0x80 : 0, as: UInt8.self)
    }

    /// PASSWORD-ALGORITHM (RFC 8489 §14.12).
    package mutating func add(_ algorithm: PasswordAlgorithm) {
        add(.passwordAlgorithm, UInt32(algorithm.rawValue) << 16)
    }

    /// USERHASH (RFC 8489 §14.4).
    package mutating func add(_ userHash: UserHash) {
        add(.userhash, bytes: userHash.bytes)
    }

    /// ICMP (RFC 8656 §18.13): what came back for a datagram, its type in seven bits and its code in nine; the data is
    /// the next hop's MTU for "too big" and 0 otherwise.
    package mutating func add(icmpType: UInt8, code: UInt8, data: UInt32) {
        add(.icmp, UInt64(icmpType & 0x7F) << 41 | UInt64(code) << 32 | UInt64(data))
    }

    /// A whole Data indication that tells of an ICMP error instead of carrying data (RFC 8656 §11.6).
    package mutating func writeDataIndication(
        peer: TransportAddress, icmpType: UInt8, code: UInt8, data: UInt32, _ transactionID: TransactionID
    ) {
        begin(.indication, .data, transactionID)
        add(.xorPeerAddress, xor: peer)
        add(icmpType: icmpType, code: code, data: data)
    }
}
