import Testing
import WebSocket

@Suite("The frame decoder")
struct FrameDecoderTests {
    @Test(
        "hands out messages of every length form, whole or byte by byte",
        arguments: [0, 1, 125, 126, 127, 128, 65_535, 65_536])
    func lengths(count: Int) {
        let payload = [UInt8](repeating: 0x2A, count: count)
        let (whole, bytewise) = decodeBothWays([ClientFrame(opcode: 1, payload: payload)])
        #expect(whole == [.text(payload)])
        #expect(bytewise == whole)
    }

    @Test("puts fragments together around interleaved control frames")
    func fragments() {
        let (whole, bytewise) = decodeBothWays([
            .text("Hel", isFinal: false), ClientFrame(opcode: 9, payload: [1, 2]),
            .continuation(Array("l".utf8), isFinal: false), ClientFrame(opcode: 10),
            .continuation([], isFinal: false), .continuation(Array("o".utf8), isFinal: true), .text("next"),
        ])
        #expect(whole == [.ping([1, 2]), .pong, .text("Hello"), .text("next")])
        #expect(bytewise == whole)
    }

    @Test("keeps binary messages as they are, valid UTF-8 or not")
    func binary() {
        let (whole, bytewise) = decodeBothWays([ClientFrame(opcode: 2, payload: [0xFF, 0x00])])
        #expect(whole == [.binary([0xFF, 0x00])])
        #expect(bytewise == whole)
    }

    @Test(
        "refuses what RFC 6455 forbids with 1002",
        arguments: [
            [ClientFrame(opcode: 1, reserved: 4)], [ClientFrame(opcode: 1, reserved: 1)],
            [ClientFrame(opcode: 3)], [ClientFrame(opcode: 7)], [ClientFrame(opcode: 0xB)],
            [ClientFrame(opcode: 0xF)],
            [ClientFrame(opcode: 1, isMasked: false)],
            [ClientFrame(opcode: 9, payload: [UInt8](repeating: 0, count: 126))],
            [ClientFrame(opcode: 9, isFinal: false)],
            [ClientFrame.continuation([1], isFinal: true)],
            [ClientFrame.text("a", isFinal: false), .text("b")],
            [ClientFrame(opcode: 1, payload: [1], lengthBytes: 2)],
            [ClientFrame(opcode: 1, payload: [UInt8](repeating: 1, count: 126), lengthBytes: 8)],
            [ClientFrame(opcode: 8, payload: [3])],
        ])
    func violations(frames: [ClientFrame]) {
        let (whole, bytewise) = decodeBothWays(frames)
        #expect(whole == [.violation(1002)])
        #expect(bytewise == whole)
    }

    @Test("refuses a 64-bit length with the top bit set")
    func topBit() {
        #expect(decode([[0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]]) == [.violation(1002)])
    }

    @Test("refuses a long message with 1009 by its announcement, over all fragments")
    func tooLong() {
        #expect(
            decode(
                [Array(ClientFrame(opcode: 1, payload: [UInt8](repeating: 1, count: 201)).bytes.prefix(8))],
                maxMessageBytes: 200) == [.violation(1009)])
        let (whole, _) = decodeBothWays(
            [
                ClientFrame(opcode: 1, payload: [UInt8](repeating: 0x61, count: 150), isFinal: false),
                .continuation([UInt8](repeating: 0x61, count: 51), isFinal: true),
            ], maxMessageBytes: 200)
        #expect(whole == [.violation(1009)])
    }

    @Test("refuses a continuation that announces the largest length there is")
    func largestLength() {
        let announcement: [UInt8] = [0x80, 0xFF, 0x7F] + [UInt8](repeating: 0xFF, count: 7) + [1, 2, 3, 4]
        #expect(decode([ClientFrame.text("a", isFinal: false).bytes + announcement]) == [.violation(1009)])
    }

    @Test("counts only the message under way, not the one before")
    func lengthsDoNotAddUp() {
        let part = [UInt8](repeating: 0x61, count: 100)
        let message = [
            ClientFrame(opcode: 1, payload: part, isFinal: false), .continuation(part, isFinal: true),
        ]
        let (whole, bytewise) = decodeBothWays(message + message + message, maxMessageBytes: 200)
        #expect(whole == [.text(part + part), .text(part + part), .text(part + part)])
        #expect(bytewise == whole)
    }

    @Test("refuses wrong UTF-8 as soon as it is certain, before the message ends")
    func utf8FailsFast() {
        let bytes = ClientFrame(opcode: 1, payload: Array("ab".utf8) + [0xC0, 0xAF, 0x61, 0x61]).bytes
        #expect(decode([Array(bytes.prefix(9)), [UInt8](repeating: 0, count: 0)]) == [.violation(1007)])
        #expect(
            decode([
                ClientFrame.text("ok", isFinal: false).bytes,
                ClientFrame.continuation([0xED, 0xA0], isFinal: false).bytes,
            ]) == [.violation(1007)])
    }

    @Test("takes a character that is split between fragments, and refuses one that is cut off")
    func utf8AcrossFragments() {
        let euro = Array("€".utf8)
        let split = [
            ClientFrame(opcode: 1, payload: [euro[0]], isFinal: false),
            .continuation(Array(euro[1...]), isFinal: true),
        ]
        #expect(decodeBothWays(split).whole == [.text(euro)])
        let cut = [
            ClientFrame(opcode: 1, payload: [euro[0]], isFinal: false),
            .continuation([euro[1]], isFinal: true),
        ]
        #expect(decodeBothWays(cut).whole == [.violation(1007)])
    }

    @Test(
        "reads close frames",
        arguments: [
            (ClientFrame(opcode: 8), Seen.close(nil)), (.close(1000), .close(1000)),
            (.close(3000, Array("bye".utf8)), .close(3000)),
            (.close(4999), .close(4999)), (.close(1000, [UInt8](repeating: 0x61, count: 123)), .close(1000)),
            (.close(999), .violation(1002)), (.close(1004), .violation(1002)),
            (.close(1005), .violation(1002)),
            (.close(1006), .violation(1002)), (.close(1015), .violation(1002)),
            (.close(2999), .violation(1002)),
            (.close(5000), .violation(1002)), (.close(0), .violation(1002)),
            (.close(1000, [0xFF]), .violation(1007)),
        ])
    func close(frame: ClientFrame, expected: Seen) {
        let (whole, bytewise) = decodeBothWays([frame])
        #expect(whole == [expected])
        #expect(bytewise == whole)
    }

    @Test("answers every call after a violation with the same violation")
    func staysFailed() {
        var decoder = FrameDecoder(maxMessageBytes: 125)
        var bytes = ClientFrame(opcode: 3).bytes + ClientFrame.text("later").bytes
        var codes: [UInt16] = []
        bytes.withUnsafeMutableBytes { bytes in
            var offset = 0
            for _ in 0..<3 {
                if case .violation(let code) = decoder.next(bytes, &offset) { codes.append(code.rawValue) }
            }
        }
        #expect(codes == [1002, 1002, 1002])
    }

    @Test("waits at every truncation of a message")
    func truncation() {
        let bytes = ClientFrame.text("truncated, not lost").bytes
        for count in 0..<bytes.count {
            #expect(decode([Array(bytes.prefix(count))]) == [])
            #expect(
                decode([Array(bytes.prefix(count)), Array(bytes.dropFirst(count))]) == [
                    .text("truncated, not lost")
                ])
        }
    }

    @Test("keeps nothing between messages")
    func idle() {
        var decoder = FrameDecoder(maxMessageBytes: 1_000)
        var bytes = ClientFrame.text("a", isFinal: false).bytes
        var offset = 0
        _ = bytes.withUnsafeMutableBytes { decoder.next($0, &offset) }
        let isIdleWithin = decoder.isIdle
        #expect(!isIdleWithin)
        bytes = ClientFrame.continuation([0x62], isFinal: true).bytes
        offset = 0
        bytes.withUnsafeMutableBytes { raw in
            while case .message = decoder.next(raw, &offset) {}
        }
        let isIdleBetween = decoder.isIdle
        #expect(isIdleBetween)
    }
}

@Suite("The frame header")
struct FrameHeaderTests {
    @Test(
        "is final, unmasked and as short as can be",
        arguments: [
            (0, [0x81, 0x00]), (125, [0x81, 0x7D]), (126, [0x81, 126, 0, 126]),
            (65_535, [0x81, 126, 0xFF, 0xFF]),
            (65_536, [0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] as [(Int, [UInt8])])
    func forms(payload: Int, expected: [UInt8]) {
        var bytes = [UInt8](repeating: 0xEE, count: FrameHeader.maxLength)
        let written = bytes.withUnsafeMutableBytes {
            FrameHeader.write(.text, payloadLength: payload, to: $0)
        }
        #expect(written == FrameHeader.length(forPayload: payload))
        #expect(Array(bytes.prefix(written)) == expected)
    }
}

@Suite("The UTF-8 validator")
struct UTF8ValidatorTests {
    static let valid: [[UInt8]] = [
        [], [0x00], [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF],
        [0xEE, 0x80, 0x80],
        [0xEF, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
        Array("κόσμε, 😀 and a long ASCII tail".utf8),
    ]
    static let invalid: [[UInt8]] = [
        [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xE0, 0x9F, 0xBF], [0xE0, 0xA0],
        [0xED, 0xA0, 0x80],
        [0xED, 0xBF, 0xBF], [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x90, 0x80], [0xF4, 0x90, 0x80, 0x80],
        [0xF5, 0x80, 0x80, 0x80], [0xFF],
    ]

    @Test("agrees with the standard library on every pair of bytes after a letter")
    func pairs() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let bytes = [0x61, first, second]
                let expected = String(validating: bytes, as: UTF8.self) != nil
                #expect(bytes.withUnsafeBytes { UTF8Validator.isValid($0) } == expected)
            }
        }
    }

    @Test("accepts what is valid", arguments: valid)
    func accepts(bytes: [UInt8]) {
        #expect(bytes.withUnsafeBytes { UTF8Validator.isValid($0) })
    }

    @Test("refuses what is not", arguments: invalid)
    func refuses(bytes: [UInt8]) {
        #expect(!bytes.withUnsafeBytes { UTF8Validator.isValid($0) })
    }
}
