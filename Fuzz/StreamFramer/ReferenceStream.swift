import STUN

/// RFC 8489 §6.2.2 and RFC 8656 §12.5 for a whole stream at once, written to be compared with their text.
struct ReferenceStream {
    private(set) var frames: [StreamFramer.Frame] = []
    private(set) var consumed = 0
    /// How many bytes it takes to know that the stream is wrong; nothing while it is not.
    private(set) var refusedAfter: Int?

    init(_ bytes: [UInt8], limit: Int) {
        while refusedAfter == nil, let frame = next(Array(bytes[consumed...]), limit: limit) {
            frames.append(frame)
        }
    }

    private mutating func next(_ rest: [UInt8], limit: Int) -> StreamFramer.Frame? {
        guard let first = rest.first else { return nil }
        if first >= 128 {
            refusedAfter = consumed + 1
            return nil
        }
        guard rest.count >= 4 else { return nil }
        let length = Int(rest[2]) * 256 + Int(rest[3])
        let isChannelData = first >= 64
        let padded = isChannelData ? 4 + (length + 3) / 4 * 4 : 20 + length
        if padded > limit || !isChannelData && length % 4 != 0 {
            refusedAfter = consumed + 4
            return nil
        }
        if !isChannelData,
            let wrong = zip(rest[4...], [0x21, 0x12, 0xA4, 0x42] as [UInt8]).enumerated()
                .first(where: { $0.element.0 != $0.element.1 })
        {
            refusedAfter = consumed + 5 + wrong.offset
            return nil
        }
        guard rest.count >= padded else { return nil }
        consumed += padded
        return isChannelData
            ? .channelData(byteCount: 4 + length, paddedByteCount: padded) : .message(byteCount: padded)
    }
}
