import STUN

/// The rules of RFC 8489 §5, §14 and §14.5 to §14.7 for what counts in a message, written to be compared with the
/// text of the RFC: it copies freely and shares no line with the reader it is the measure of.
struct ReferenceMessage {
    struct Attribute: Equatable {
        var type: Int
        var value: [UInt8]
        /// Where the attribute begins.
        var start: Int
    }

    var type = 0
    var id: [UInt8] = []
    /// The attributes that count.
    var attributes: [Attribute] = []
    /// Why it is no message.
    var error: DecodingError?

    init(_ bytes: [UInt8]) {
        guard bytes.count >= 20, bytes[0] < 64, Array(bytes[4..<8]) == [0x21, 0x12, 0xA4, 0x42],
            number(bytes[2..<4]) == bytes.count - 20, bytes.count % 4 == 0
        else {
            error = .header
            return
        }
        type = number(bytes[0..<2])
        id = Array(bytes[8..<20])
        var all: [Attribute] = []
        var rest = bytes[20...]
        while !rest.isEmpty {
            let length = number(rest.dropFirst(2).prefix(2))
            let whole = 4 + (length + 3) / 4 * 4
            if whole > rest.count {
                error = .attributeBeyondEnd
            } else if all.count == 48 {
                error = .tooManyAttributes
            }
            let attribute = Attribute(
                type: number(rest.prefix(2)), value: Array(rest.dropFirst(4).prefix(length)),
                start: rest.startIndex)
            if error == nil, counts(attribute, after: all.map(\.type)) {
                let sizes = [0x0008: 20, 0x001C: 32, 0x8028: 4]
                if let size = sizes[attribute.type], size != length {
                    error = .malformed(AttributeType(rawValue: UInt16(attribute.type)))
                } else {
                    attributes.append(attribute)
                }
            }
            if error != nil { return }
            all.append(attribute)
            rest = rest.dropFirst(whole)
        }
    }

    /// Whether an attribute counts in its place, by what stands before it.
    private func counts(_ attribute: Attribute, after types: [Int]) -> Bool {
        let taken = attributes.map(\.type)
        if taken.contains(0x8028) { return false }
        if attribute.type == 0x8028 { return true }
        if taken.contains(0x001C) { return false }
        if attribute.type == 0x001C { return true }
        return !taken.contains(0x0008)
    }

    func first(_ type: Int) -> Attribute? { attributes.first { $0.type == type } }

    /// Types that have to be understood and that neither RFC 8489 nor RFC 8656 defines.
    var unknown: [Int] {
        let known: Set = [
            0x01, 0x06, 0x08, 0x09, 0x0A, 0x0C, 0x0D, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A,
            0x1C,
            0x1D, 0x1E, 0x20, 0x22,
        ]
        var unknown: [Int] = []
        for attribute in attributes where attribute.type < 0x8000 && !known.contains(attribute.type) {
            if !unknown.contains(attribute.type) { unknown.append(attribute.type) }
        }
        return unknown
    }

    /// The address in a value, as text; nothing when it is malformed.
    func address(_ value: [UInt8]) -> String? {
        guard value.count == 8 && value[1] == 1 || value.count == 20 && value[1] == 2 else { return nil }
        let mask: [UInt8] = [0x21, 0x12, 0xA4, 0x42] + id
        let port = number(value[2..<4]) ^ 0x2112
        let bytes = zip(value[4...], mask).map { $0 ^ $1 }
        if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") + ":\(port)" }
        let groups = stride(from: 0, to: 16, by: 2).map { String(number(bytes[$0..<$0 + 2]), radix: 16) }
        return "[" + groups.joined(separator: ":") + "]:\(port)"
    }

    /// What a relay may do with the message as a Send indication (RFC 8656 §11.2): nothing when it is to be dropped.
    func send(fingerprintIsTrue: Bool) -> (peer: String, payload: [UInt8], offset: Int, dontFragment: Bool)? {
        guard error == nil, type == 0x0016, unknown.isEmpty, first(0x8028) == nil || fingerprintIsTrue,
            let peer = first(0x12).flatMap({ address($0.value) }), let data = first(0x13)
        else { return nil }
        if let fragment = first(0x1A), !fragment.value.isEmpty { return nil }
        return (peer, data.value, data.start + 4, first(0x1A) != nil)
    }
}

/// A number in network order.
func number(_ bytes: some Sequence<UInt8>) -> Int { bytes.reduce(0) { $0 * 256 + Int($1) } }

/// CRC-32 bit by bit, as in the annex of ITU-T V.42.
func referenceCRC32(_ bytes: [UInt8]) -> UInt32 {
    var state: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
        for bit in 0..<8 {
            let isSet = state & 1 != UInt32(byte >> bit & 1)
            state /= 2
            if isSet { state ^= 0xEDB8_8320 }
        }
    }
    return state ^ 0xFFFF_FFFF
}
