import Addresses
import STUN
import Testing

@Suite("The fast reader of Send indications")
struct SendIndicationTests {
    private static let ipv4 = hex("00 01 a1 47 e1 12 a6 43")
    private static let ipv6 = hex("00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9")
    private static let plain = RawMessage(0x0016).adding(0x0012, ipv4).adding(0x0013, [1, 2, 3, 4, 5])

    private func read(_ message: RawMessage) -> SendIndication? { read(message.bytes) }
    private func read(_ bytes: [UInt8]) -> SendIndication? { SendIndication(bytes.span.bytes) }

    @Test("finds peer and data of either family, in either order")
    func wellFormed() throws {
        let bytes = Self.plain.bytes
        let send = try #require(read(bytes))
        #expect(send.peer == TransportAddress("192.0.2.1:32853"))
        #expect(
            Array(bytes[send.payloadOffset..<send.payloadOffset + send.payloadByteCount]) == [1, 2, 3, 4, 5])
        #expect(!send.dontFragment)
        let turned = read(RawMessage(0x0016).adding(0x0013, [1]).adding(0x001A, []).adding(0x0012, Self.ipv6))
        #expect(turned?.peer == TransportAddress("[2001:db8:1234:5678:11:2233:4455:6677]:32853"))
        #expect(turned?.payloadOffset == 24)
        #expect(turned?.payloadByteCount == 1)
        #expect(turned?.dontFragment == true)
    }

    @Test("takes no data, and as much as a datagram holds", arguments: [0, 1, 2, 3, 65_400])
    func sizes(count: Int) {
        let message = RawMessage(0x0016).adding(0x0012, Self.ipv4)
            .adding(0x0013, [UInt8](repeating: 1, count: count), padding: 0xEE)
        #expect(read(message)?.payloadByteCount == count)
    }

    @Test("refuses it cut at any length")
    func truncation() {
        let bytes = Self.plain.adding(0x001A, []).adding(0x8028, [0, 0, 0, 0]).bytes
        for count in bytes.indices {
            var cut = Array(bytes.prefix(count))
            #expect(read(cut)?.peer == nil)
            guard count >= 20 else { continue }
            cut.replaceSubrange(2..<4, with: bigEndian(UInt16(count - 20)))
            let isWhole = [20 + 12 + 12, 20 + 12 + 12 + 4].contains(count)
            #expect((read(cut)?.peer != nil) == isWhole)
        }
    }

    @Test("refuses what lacks peer or data, or is another message")
    func incomplete() {
        #expect(read(RawMessage(0x0016).adding(0x0012, Self.ipv4))?.peer == nil)
        #expect(read(RawMessage(0x0016).adding(0x0013, [1]))?.peer == nil)
        for type in [0x0017, 0x0006, 0x0116, 0x0003] as [UInt16] {
            var other = Self.plain
            other.type = type
            #expect(read(other)?.peer == nil)
        }
    }

    @Test("takes the first of several peers and data, and refuses a first peer that is malformed")
    func duplicates() {
        let twice = Self.plain.adding(0x0013, [9]).adding(0x0012, Self.ipv6).adding(0x0012, [1])
        #expect(read(twice)?.peer.family == .ipv4)
        #expect(read(twice)?.payloadByteCount == 5)
        #expect(
            read(RawMessage(0x0016).adding(0x0012, [1]).adding(0x0012, Self.ipv4).adding(0x0013, []))?.peer
                == nil)
        #expect(read(Self.plain.adding(0x001A, [1]))?.peer == nil)
        #expect(read(Self.plain.adding(0x001A, []).adding(0x001A, [1]))?.dontFragment == true)
    }

    @Test("refuses attributes that must be understood and are not, and takes the others")
    func unknown() {
        #expect(read(Self.plain.adding(0x7001, []))?.peer == nil)
        #expect(read(Self.plain.adding(0x0024, [0, 0, 0, 1]))?.peer == nil)
        #expect(read(Self.plain.adding(0xFF05, [1, 2, 3, 4]))?.peer != nil)
        #expect(read(Self.plain.adding(0x0006, [1]))?.peer != nil)
    }

    @Test("counts nothing behind closing attributes, and refuses a false fingerprint")
    func closing() throws {
        let integrity = [UInt8](repeating: 0, count: 20)
        #expect(read(Self.plain.adding(0x0008, integrity).adding(0x7001, []))?.peer != nil)
        #expect(
            read(RawMessage(0x0016).adding(0x0012, Self.ipv4).adding(0x0008, integrity).adding(0x0013, [1]))?
                .peer == nil)
        #expect(read(Self.plain.adding(0x0008, integrity).adding(0x8022, [1], length: 99))?.peer == nil)
        #expect(read(Self.plain.adding(0x8028, [0, 0, 0, 0]))?.peer == nil)
        var writer = MessageWriter()
        writer.begin(.indication, .send, sampleID)
        writer.add(.xorPeerAddress, xor: try #require(TransportAddress("192.0.2.7:9")))
        writer.add(.data, bytes: [1, 2] as [UInt8])
        writer.addFingerprint()
        let send = read(writer.copy)
        #expect(send?.peer == TransportAddress("192.0.2.7:9"))
        #expect(send?.payloadByteCount == 2)
    }

    @Test("refuses more attributes than the careful reader does")
    func count() {
        var message = Self.plain
        for _ in 0..<46 { message.add(0x8022, []) }
        #expect(read(message)?.peer != nil)
        message.add(0x8022, [])
        #expect(read(message)?.peer == nil)
    }
}
