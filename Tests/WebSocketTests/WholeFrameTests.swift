import GuardedMemory
import Testing
import WebSocket

@Suite("A frame that came whole")
struct WholeFrameTests {
    /// What is read at the start of the bytes, and how many of them the frame has.
    private func read(_ bytes: [UInt8], maxMessageBytes: Int = 65_536) -> (text: [UInt8]?, end: Int) {
        var bytes = bytes
        return bytes.withUnsafeMutableBytes { raw in
            var offset = 0
            let text = WholeFrame.readText(in: raw, at: &offset, maxMessageBytes: maxMessageBytes)
            return (text.map { Array($0) }, offset)
        }
    }

    @Test("is unmasked where it stands, of every length and with every key, and nothing beside it is touched")
    func lengths() {
        let memory = GuardedMemory(byteCount: 70_000)
        let keys: [[UInt8]] = [[0x37, 0xFA, 0x21, 0x3D], [0, 0, 0, 0], [0xFF, 0, 0x80, 1]]
        for length in Array(0...150) + [65_535, 65_536, 65_537] {
            let payload = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7) }
            for key in keys {
                let frame = ClientFrame(opcode: 1, payload: payload, key: key).bytes
                for before in 0..<(length < 200 ? 16 : 2) {
                    let bytes = [UInt8](repeating: 0x55, count: before) + frame
                    func check(_ raw: UnsafeMutableRawBufferPointer) {
                        var offset = before
                        let text = WholeFrame.readText(in: raw, at: &offset, maxMessageBytes: 65_537)
                        let isInPlace =
                            text?.baseAddress
                            == raw.baseAddress.map { UnsafeRawPointer($0 + (offset - length)) }
                        if text.map({ Array($0) }) != payload || offset != bytes.count || !isInPlace
                            || !raw.prefix(before).allSatisfy({ $0 == 0x55 })
                        {
                            Issue.record("\(length) bytes behind \(before)")
                        }
                    }
                    memory.withCopyAtEnd(of: bytes, check)
                    memory.withCopyAtStart(of: bytes, check)
                }
            }
        }
    }

    @Test("leaves the bytes behind it as they are")
    func following() {
        var bytes = ClientFrame.text("first").bytes + ClientFrame.text("second").bytes
        let last = ClientFrame(opcode: 9, payload: [1, 2]).bytes
        bytes += last
        bytes.withUnsafeMutableBytes { raw in
            var offset = 0
            var texts: [String] = []
            while let text = WholeFrame.readText(in: raw, at: &offset, maxMessageBytes: 125) {
                texts.append(String(decoding: text, as: UTF8.self))
            }
            #expect(texts == ["first", "second"])
            #expect(Array(raw[offset...]) == last)
        }
    }

    @Test(
        "is not taken when it is anything else, which then is as it was",
        arguments: [
            .text("a", isFinal: false), .continuation([1], isFinal: true),
            ClientFrame(opcode: 2, payload: [1]),
            ClientFrame(opcode: 8), ClientFrame(opcode: 9), ClientFrame(opcode: 10), ClientFrame(opcode: 3),
            ClientFrame(opcode: 1, reserved: 1), ClientFrame(opcode: 1, reserved: 4),
            ClientFrame(opcode: 1, payload: [1, 2, 3, 4], isMasked: false),
            ClientFrame(opcode: 1, payload: [UInt8](repeating: 1, count: 125), lengthBytes: 2),
            ClientFrame(opcode: 1, payload: [UInt8](repeating: 1, count: 65_535), lengthBytes: 8),
            ClientFrame(opcode: 1, payload: [UInt8](repeating: 1, count: 65_537)),
        ] as [ClientFrame])
    func others(frame: ClientFrame) {
        var bytes = frame.bytes
        let before = bytes
        bytes.withUnsafeMutableBytes { raw in
            var offset = 0
            #expect(WholeFrame.readText(in: raw, at: &offset, maxMessageBytes: 65_536) == nil)
            #expect(offset == 0)
        }
        #expect(bytes == before)
    }

    @Test("is not taken when it is cut short anywhere", arguments: [0, 1, 20, 125, 126, 400, 65_536])
    func truncation(length: Int) {
        let memory = GuardedMemory(byteCount: 70_000)
        let frame = ClientFrame(opcode: 1, payload: [UInt8](repeating: 0x61, count: length)).bytes
        for count in Array(0..<min(frame.count, 420)) + [frame.count - 1] {
            let part = Array(frame.prefix(count))
            memory.withCopyAtEnd(of: part) { raw in
                var offset = 0
                let text = WholeFrame.readText(in: raw, at: &offset, maxMessageBytes: 65_536)
                if text != nil || offset != 0 || Array(raw) != part { Issue.record("\(count) bytes") }
            }
        }
        #expect(read(frame).text?.count == length)
    }

    @Test(
        "with a length that no memory holds is not taken",
        arguments: [
            [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        ]
            as [[UInt8]])
    func hugeLength(length: [UInt8]) {
        let (text, end) = read([0x81, 0xFF] + length + [1, 2, 3, 4, 5, 6], maxMessageBytes: .max)
        #expect(text == nil)
        #expect(end == 0)
    }
}
