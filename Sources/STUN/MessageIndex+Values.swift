package import Addresses
import BigEndian

/// Readers of values. Each gives nothing when the attribute is not there, and throws ``DecodingError/malformed(_:)``
/// when its value cannot be one of its type.
extension MessageIndex {
    /// An attribute of 32 bits: LIFETIME in seconds (RFC 8656 §18.2).
    package func uint32(_ type: AttributeType, in bytes: RawSpan) throws(DecodingError) -> UInt32? {
        guard let offset = try fixed(type, byteCount: 4) else { return nil }
        return bytes.uint32(at: offset)
    }

    /// CHANNEL-NUMBER (RFC 8656 §18.1); any number, its range is the server's to check.
    package func channelNumber(in bytes: RawSpan) throws(DecodingError) -> UInt16? {
        guard let offset = try fixed(.channelNumber, byteCount: 4) else { return nil }
        return bytes.uint16(at: offset)
    }

    /// REQUESTED-TRANSPORT (RFC 8656 §18.7): the protocol number, 17 for UDP.
    package func requestedTransport(in bytes: RawSpan) throws(DecodingError) -> UInt8? {
        guard let offset = try fixed(.requestedTransport, byteCount: 4) else { return nil }
        return bytes.uint8(at: offset)
    }

    /// The family's number in REQUESTED-ADDRESS-FAMILY (RFC 8656 §18.6) or ADDITIONAL-ADDRESS-FAMILY (§18.11).
    package func familyNumber(_ type: AttributeType, in bytes: RawSpan) throws(DecodingError) -> UInt8? {
        guard let offset = try fixed(type, byteCount: 4) else { return nil }
        return bytes.uint8(at: offset)
    }

    /// EVEN-PORT (RFC 8656 §18.5): whether the next port is to be held too (the R bit).
    package func evenPort(in bytes: RawSpan) throws(DecodingError) -> Bool? {
        guard let offset = try fixed(.evenPort, byteCount: 1) else { return nil }
        return bytes.uint8(at: offset) & 0x80 != 0
    }

    /// RESERVATION-TOKEN (RFC 8656 §18.9).
    package func reservationToken(in bytes: RawSpan) throws(DecodingError) -> UInt64? {
        guard let offset = try fixed(.reservationToken, byteCount: 8) else { return nil }
        return bytes.uint64(at: offset)
    }

    /// DONT-FRAGMENT, which has no value (RFC 8656 §18.8).
    package func dontFragment() throws(DecodingError) -> Bool {
        try fixed(.dontFragment, byteCount: 0) != nil
    }

    /// The code of ERROR-CODE, 300 to 699 (RFC 8489 §14.8).
    package func errorCode(in bytes: RawSpan) throws(DecodingError) -> UInt16? {
        guard let attribute = first(.errorCode) else { return nil }
        guard attribute.byteCount >= 4 else { throw .malformed(.errorCode) }
        let hundreds = UInt16(bytes.uint8(at: Int(attribute.offset) + 2) & 0x07)
        let rest = UInt16(bytes.uint8(at: Int(attribute.offset) + 3))
        guard (3...6).contains(hundreds), rest < 100 else { throw .malformed(.errorCode) }
        return hundreds * 100 + rest
    }

    /// An address XORed with cookie and transaction id (RFC 8489 §14.2): XOR-PEER-ADDRESS and its siblings.
    package func xorAddress(_ type: AttributeType, in bytes: RawSpan) throws(DecodingError)
        -> TransportAddress?
    {
        guard let attribute = first(type) else { return nil }
        return try xorAddress(of: attribute, in: bytes)
    }

    /// The same for one of several: CreatePermission repeats XOR-PEER-ADDRESS.
    package func xorAddress(of attribute: Attribute, in bytes: RawSpan) throws(DecodingError)
        -> TransportAddress
    {
        let address = XORAddress.read(
            bytes, at: Int(attribute.offset), byteCount: Int(attribute.byteCount), header.transactionID)
        guard let address else { throw .malformed(attribute.type) }
        return address
    }

    /// PASSWORD-ALGORITHM (RFC 8489 §14.12): the algorithm's number. Neither of the two we know has parameters.
    package func passwordAlgorithm(in bytes: RawSpan) throws(DecodingError) -> UInt16? {
        guard let attribute = first(.passwordAlgorithm) else { return nil }
        guard attribute.byteCount >= 4 else { throw .malformed(.passwordAlgorithm) }
        let parameters = Int(bytes.uint16(at: Int(attribute.offset) + 2))
        guard Int(attribute.byteCount) == 4 + (parameters + 3) & ~3 else {
            throw .malformed(.passwordAlgorithm)
        }
        return bytes.uint16(at: Int(attribute.offset))
    }

    /// Where the value of an attribute with a longest size stands: USERNAME, REALM, NONCE (RFC 8489 §14.3, §14.9,
    /// §14.10).
    package func text(_ type: AttributeType, maxByteCount: Int) throws(DecodingError) -> Range<Int>? {
        guard let attribute = first(type) else { return nil }
        guard Int(attribute.byteCount) <= maxByteCount else { throw .malformed(type) }
        return attribute.range
    }

    /// USERHASH (RFC 8489 §14.4).
    package func userHash(in bytes: RawSpan) throws(DecodingError) -> UserHash? {
        guard let offset = try fixed(.userhash, byteCount: UserHash.byteCount) else { return nil }
        return UserHash(reading: bytes, at: offset)
    }

    private func fixed(_ type: AttributeType, byteCount: Int) throws(DecodingError) -> Int? {
        guard let attribute = first(type) else { return nil }
        guard Int(attribute.byteCount) == byteCount else { throw .malformed(type) }
        return Int(attribute.offset)
    }
}
