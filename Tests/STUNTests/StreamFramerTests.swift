import STUN
import Testing

@Suite("The stream framer")
struct StreamFramerTests {
    private static let channelData: [UInt8] = [0x40, 0x01, 0x00, 0x05, 1, 2, 3, 4, 5, 0xEE, 0xEE, 0xEE]
    private static let stream =
        RFCVectors.request + channelData + [0x7F, 0xFF, 0, 0] + RawMessage(0x0016).bytes
        + RFCVectors.sha256Request
    private static let frames: [StreamFramer.Frame] = [
        .message(byteCount: 108), .channelData(byteCount: 9, paddedByteCount: 12),
        .channelData(byteCount: 4, paddedByteCount: 4), .message(byteCount: 20), .message(byteCount: 164),
    ]

    /// What comes out when the stream arrives in pieces of one size.
    private func frames(_ stream: [UInt8], pieces: Int, maxBytes: Int = StreamFramer.maxMessageBytes)
        -> [StreamFramer.Frame]
    {
        let framer = StreamFramer(maxBytes: maxBytes)
        var frames: [StreamFramer.Frame] = []
        var buffer: [UInt8] = []
        for start in stride(from: 0, to: stream.count, by: pieces) {
            buffer += stream[start..<min(start + pieces, stream.count)]
            reading: while true {
                let frame = framer.next(buffer.span.bytes)
                switch frame {
                case .needMore(let byteCount):
                    if let byteCount, byteCount <= buffer.count { Issue.record("waits for what is there") }
                    break reading
                case .message(let byteCount), .channelData(_, let byteCount):
                    frames.append(frame)
                    buffer.removeFirst(byteCount)
                case .malformed:
                    return frames + [frame]
                }
            }
        }
        if !buffer.isEmpty { Issue.record("\(buffer.count) bytes are left") }
        return frames
    }

    @Test("cuts a stream the same, whole or in pieces of any size", arguments: 1...330)
    func pieces(size: Int) {
        #expect(frames(Self.stream, pieces: size) == Self.frames)
    }

    private func next(_ bytes: [UInt8], maxBytes: Int = StreamFramer.maxMessageBytes) -> StreamFramer.Frame {
        StreamFramer(maxBytes: maxBytes).next(bytes.span.bytes)
    }

    @Test(
        "knows the length of a message from its first four bytes",
        arguments: [RFCVectors.request, channelData])
    func lengths(bytes: [UInt8]) {
        for count in bytes.indices {
            let expected = count < 4 ? nil : bytes.count
            #expect(next(Array(bytes.prefix(count))) == .needMore(byteCount: expected))
        }
    }

    @Test("finds out what is neither at the first byte that tells")
    func malformed() {
        for first in UInt8(0x80)...0xFF { #expect(next([first]) == .malformed) }
        #expect(next([0x16, 0x03, 0x01]) == .needMore(byteCount: nil))
        for length in [1, 2, 3, 5] as [UInt8] {
            #expect(next([0, 1, 0, length]) == .malformed)
        }
        let start: [UInt8] = [0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42]
        for position in 4..<8 {
            var wrong = Array(start.prefix(position + 1))
            #expect(next(wrong) == .needMore(byteCount: 20))
            wrong[position] ^= 0x80
            #expect(next(wrong) == .malformed)
        }
    }

    @Test("refuses what is longer than allowed by its announcement, and takes what is as long")
    func limit() {
        #expect(next(RFCVectors.request, maxBytes: 108) == .message(byteCount: 108))
        #expect(next([0, 1, 0, 92], maxBytes: 108) == .malformed)
        #expect(next([0x40, 0, 0, 104], maxBytes: 108) == .needMore(byteCount: 108))
        #expect(next([0x40, 0, 0, 105], maxBytes: 108) == .malformed)
        #expect(next([0x40, 0, 0xFF, 0xFF]) == .needMore(byteCount: 65_540))
        #expect(next([0, 1, 0xFF, 0xFC]) == .needMore(byteCount: 65_552))
    }

    @Test("says nothing of an empty buffer")
    func empty() {
        #expect(next([UInt8]()) == .needMore(byteCount: nil))
    }
}
