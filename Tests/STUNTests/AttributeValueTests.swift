import STUN
import Testing

@Suite("The readers of values")
struct AttributeValueTests {
    private func read(_ type: UInt16, _ value: [UInt8]) -> Result<String, DecodingError> {
        STUNTests.read(AttributeType(rawValue: type), in: RawMessage(3).adding(type, value).bytes)
    }

    @Test(
        "give the value of a well-formed attribute",
        arguments: [
            (0x000D, "00 00 02 58", "600"), (0x000C, "40 01 ff ff", "16385"), (0x0019, "11 00 00 00", "17"),
            (0x0017, "02 00 00 00", "2"), (0x8000, "02 00 00 00", "2"), (0x0018, "80", "true"),
            (0x0018, "7f", "false"),
            (0x0022, "00 00 00 00 00 00 01 00", "256"), (0x001A, "", "true"), (0x0009, "00 00 04 26", "438"),
            (0x0012, "00 01 a1 47 e1 12 a6 43", "192.0.2.1:32853"),
            (0x0012, "ff 01 a1 47 e1 12 a6 43", "192.0.2.1:32853"),
            (
                0x0012, "00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9",
                "[2001:db8:1234:5678:11:2233:4455:6677]:32853"
            ),
            (0x001D, "00 02 00 00", "2"), (0x001D, "00 07 00 03 01 02 03 00", "7"),
            (0x0015, "01 02 03 04", "24..<28"),
        ])
    func values(type: UInt16, value: String, expected: String) {
        #expect(read(type, hex(value)) == .success(expected))
    }

    @Test(
        "refuse a value of any other size",
        arguments: [
            (0x000D, [4]), (0x000C, [4]), (0x0019, [4]), (0x0017, [4]), (0x8000, [4]), (0x0018, [1]),
            (0x0022, [8]),
            (0x001A, [0]), (0x001E, [32]), (0x0012, []), (0x0015, [0, 1, 2, 3, 4]),
        ] as [(UInt16, [Int])])
    func sizes(type: UInt16, allowed: [Int]) {
        for count in 0...40 where !allowed.contains(count) {
            #expect(
                read(type, [UInt8](repeating: 0, count: count))
                    == .failure(.malformed(AttributeType(rawValue: type))))
        }
    }

    @Test("refuse an address whose family and size do not fit, and error codes that cannot be")
    func misfits() {
        let peer = DecodingError.malformed(.xorPeerAddress)
        #expect(read(0x0012, hex("00 02 00 00 00 00 00 00")) == .failure(peer))
        #expect(read(0x0012, hex("00 03 00 00 00 00 00 00")) == .failure(peer))
        #expect(read(0x0012, [0, 1] + [UInt8](repeating: 0, count: 18)) == .failure(peer))
        for value in ["00 00 02 63", "00 00 07 00", "00 00 04 64", "00 00 04"] {
            #expect(read(0x0009, hex(value)) == .failure(.malformed(.errorCode)))
        }
        for value in ["", "00 02", "00 02 00 01", "00 02 00 01 00", "00 02 00 00 00 00 00 00"] {
            #expect(read(0x001D, hex(value)) == .failure(.malformed(.passwordAlgorithm)))
        }
    }

    @Test("give nothing for what is not there")
    func absent() {
        for type in AttributeType.named.keys where type != .dontFragment {
            #expect(STUNTests.read(type, in: RawMessage(3).bytes) == .success("none"))
        }
        #expect(STUNTests.read(.dontFragment, in: RawMessage(3).bytes) == .success("false"))
    }
}
