import BigEndian

/// One attribute of a message: what it is and where its value stands.
package struct Attribute: BitwiseCopyable, Sendable {
    package let type: AttributeType
    /// Bytes of the value without padding.
    package let byteCount: UInt16
    /// Where the value begins, counted from the message's first byte.
    package let offset: UInt32

    @inline(__always)
    init(type: AttributeType, byteCount: UInt16, offset: UInt32) {
        self.type = type
        self.byteCount = byteCount
        self.offset = offset
    }

    /// The value's place in the message.
    package var range: Range<Int> { Int(offset)..<Int(offset) + Int(byteCount) }

    /// Where the attribute itself begins: what MESSAGE-INTEGRITY and FINGERPRINT cover ends here.
    package var start: Int { Int(offset) - 4 }
}

/// Where the attributes of a message stand, found in one pass; plain bits, so that it outlives the borrow of the
/// bytes. Each reader takes the same bytes again.
///
/// Attributes behind MESSAGE-INTEGRITY are not listed, except MESSAGE-INTEGRITY-SHA256 and FINGERPRINT, behind
/// MESSAGE-INTEGRITY-SHA256 only FINGERPRINT, and behind FINGERPRINT nothing (RFC 8489 §14.5 to §14.7). They have to
/// be well-formed all the same.
package struct MessageIndex: BitwiseCopyable, Sendable {
    /// Attributes that a message may have, ignored ones included; this server's own requests need a dozen.
    package static let maxAttributes = 48

    package let header: MessageHeader
    /// How many attributes are listed.
    package private(set) var count = 0
    private var attributes = InlineArray<48, Attribute>(
        repeating: Attribute(type: AttributeType(rawValue: 0), byteCount: 0, offset: 0))

    /// Reads a whole message, exactly as long as its header says.
    package init(_ bytes: RawSpan) throws(DecodingError) {
        guard let header = MessageHeader(bytes) else { throw .header }
        self.header = header
        var end = AttributeOrder.open
        var seen = 0
        var offset = MessageHeader.byteCount
        // The header makes the rest a multiple of 4, and padding keeps it one: 4 bytes are there, or none.
        while offset < bytes.byteCount {
            let type = AttributeType(rawValue: bytes.uint16(at: offset))
            let byteCount = bytes.uint16(at: offset + 2)
            let next = offset + 4 + (Int(byteCount) + 3) & ~3
            guard next <= bytes.byteCount else { throw .attributeBeyondEnd }
            guard seen < Self.maxAttributes else { throw .tooManyAttributes }
            seen += 1
            if end.admits(type) {
                try Self.checkSize(of: type, byteCount)
                attributes[count] = Attribute(type: type, byteCount: byteCount, offset: UInt32(offset + 4))
                count += 1
            }
            offset = next
        }
    }

    /// Sizes that the integrity of a message depends on. TURN allows no truncated HMAC (RFC 8489 §14.6).
    private static func checkSize(of type: AttributeType, _ byteCount: UInt16) throws(DecodingError) {
        switch type {
        case .messageIntegrity where byteCount != 20, .messageIntegritySHA256 where byteCount != 32,
            .fingerprint where byteCount != 4:
            throw .malformed(type)
        default: break
        }
    }

    /// The attribute at a position below ``count``, in the order of the message.
    package subscript(_ position: Int) -> Attribute { attributes[position] }

    /// The first attribute of a type: later ones are ignored (RFC 8489 §14).
    package func first(_ type: AttributeType) -> Attribute? {
        for position in 0..<count where attributes[position].type == type { return attributes[position] }
        return nil
    }

    /// Whether an attribute is there, whatever its value.
    package func contains(_ type: AttributeType) -> Bool { first(type) != nil }

    /// Where the value of the first attribute of a type stands.
    package func value(of type: AttributeType) -> Range<Int>? { first(type)?.range }

    /// The listed types that must be understood and are not, each once: what a 420 names.
    package var unknownComprehensionRequired: UnknownAttributes {
        var unknown = UnknownAttributes()
        for position in 0..<count where !attributes[position].type.isUnderstood {
            unknown.insert(attributes[position].type)
        }
        return unknown
    }
}

/// What may still follow in a message (RFC 8489 §14.5 to §14.7).
enum AttributeOrder {
    case open, afterIntegrity, afterIntegritySHA256, afterFingerprint

    /// Whether an attribute counts here; moves on when it is one of the closing ones.
    mutating func admits(_ type: AttributeType) -> Bool {
        switch (self, type) {
        case (.afterFingerprint, _): return false
        case (_, .fingerprint): self = .afterFingerprint
        case (.afterIntegritySHA256, _): return false
        case (_, .messageIntegritySHA256): self = .afterIntegritySHA256
        case (.afterIntegrity, _): return false
        case (_, .messageIntegrity): self = .afterIntegrity
        case (.open, _): break
        }
        return true
    }
}

/// Types of attributes that a message should not have had.
package struct UnknownAttributes: BitwiseCopyable, Sendable {
    package private(set) var count = 0
    private var types = InlineArray<48, AttributeType>(repeating: AttributeType(rawValue: 0))

    package init() {}

    package var isEmpty: Bool { count == 0 }

    /// The type at a position below ``count``.
    package subscript(_ position: Int) -> AttributeType { types[position] }

    /// Adds a type unless it is there already or ``MessageIndex/maxAttributes`` are.
    package mutating func insert(_ type: AttributeType) {
        for position in 0..<count where types[position] == type { return }
        guard count < MessageIndex.maxAttributes else { return }
        types[count] = type
        count += 1
    }
}
