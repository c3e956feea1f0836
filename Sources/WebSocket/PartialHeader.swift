/// A frame whose header is complete and whose payload is under way.
struct Frame {
    let opcode: Opcode
    let isFinal: Bool
    let key: MaskingKey
    /// Payload bytes announced, at most `Int.max`.
    let length: Int
    /// Payload bytes seen so far.
    var consumed = 0
}

/// Collects the 6 to 14 bytes of a masked frame's header, which may arrive one at a time.
struct PartialHeader {
    enum Outcome {
        case incomplete
        case frame(Frame)
        /// Reserved bits or opcode, no mask, a fragmented or long control frame, a length not in its
        /// shortest form: all of them protocol errors (RFC 6455 §5.1, §5.2, §5.5).
        case invalid
    }

    private static let maxLength = 14
    private var bytes = InlineArray<14, UInt8>(repeating: 0)
    private(set) var count = 0

    /// Takes header bytes from `input` at `offset` and moves `offset` past those it took.
    mutating func parse(_ input: UnsafeMutableRawBufferPointer, _ offset: inout Int) -> Outcome {
        while count < 2 {
            guard offset < input.count else { return .incomplete }
            take(input[offset], &offset)
        }
        guard let opcode = Opcode(rawValue: bytes[0] & 0x0F), bytes[0] & 0x70 == 0, bytes[1] & 0x80 != 0
        else { return .invalid }
        let isFinal = bytes[0] & 0x80 != 0
        let shortLength = Int(bytes[1] & 0x7F)
        if opcode.isControl, !isFinal || shortLength > 125 { return .invalid }
        let extended = shortLength == 126 ? 2 : shortLength == 127 ? 8 : 0
        let total = 2 + extended + 4
        while count < total {
            guard offset < input.count else { return .incomplete }
            take(input[offset], &offset)
        }
        guard let length = payloadLength(short: shortLength, extended: extended) else { return .invalid }
        let key = MaskingKey(bytes[total - 4], bytes[total - 3], bytes[total - 2], bytes[total - 1])
        count = 0
        return .frame(Frame(opcode: opcode, isFinal: isFinal, key: key, length: length))
    }

    private mutating func take(_ byte: UInt8, _ offset: inout Int) {
        bytes[count] = byte
        count += 1
        offset += 1
    }

    /// Nil when the length is not in its shortest form or its top bit is set.
    private func payloadLength(short: Int, extended: Int) -> Int? {
        if extended == 0 { return short }
        var value: UInt64 = 0
        for index in 2..<2 + extended { value = value << 8 | UInt64(bytes[index]) }
        guard value >= (extended == 2 ? 126 : 0x1_0000) else { return nil }
        return Int(exactly: value)
    }
}
