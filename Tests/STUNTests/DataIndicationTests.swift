import Addresses
import STUN
import Testing

@Suite("Data indications")
struct DataIndicationTests {
    @Test(
        "are written around data in place, padded with zeros, and read as a message",
        arguments: ["192.0.2.1:32853", "[2001:db8:1234:5678:11:2233:4455:6677]:32853"],
        [0, 1, 2, 3, 4, 200, 65_504])
    func wrap(text: String, count: Int) throws {
        let peer = try #require(TransportAddress(text))
        let payload = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
        let room = DataIndication.maxHeaderByteCount + count + DataIndication.maxPaddingByteCount
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 1)
        defer { memory.deallocate() }
        memory.initializeMemory(as: UInt8.self, repeating: 0xEE)
        UnsafeMutableRawBufferPointer(rebasing: memory[DataIndication.maxHeaderByteCount...]).copyBytes(
            from: payload)
        let start = try #require(memory.baseAddress) + DataIndication.maxHeaderByteCount

        let message = Array(DataIndication.wrap(payload: start, byteCount: count, peer: peer, sampleID))
        #expect(message.count == DataIndication.byteCount(peer.family, payloadByteCount: count))
        let header = DataIndication.headerByteCount(peer.family)
        #expect(header == (peer.family == .ipv4 ? 36 : 48))
        #expect(message.count - header - count == DataIndication.paddingByteCount(payloadByteCount: count))
        #expect(message[(header + count)...].allSatisfy { $0 == 0 })

        let expected = RawMessage(0x0017)
            .adding(
                0x0012,
                hex(
                    peer.family == .ipv4
                        ? "00 01 a1 47 e1 12 a6 43"
                        : "00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9")
            )
            .adding(0x0013, payload)
        #expect(message == expected.bytes)
        #expect(read(.xorPeerAddress, in: message) == .success(text))
        if peer.family == .ipv4 { #expect(memory[..<12].allSatisfy { $0 == 0xEE }) }
    }

    @Test("carry as much as the length of a message can name")
    func longest() {
        for family in IPAddress.Family.allCases {
            let most = DataIndication.maxPayloadByteCount(family)
            #expect(DataIndication.byteCount(family, payloadByteCount: most) == StreamFramer.maxMessageBytes)
        }
        #expect(DataIndication.maxPayloadByteCount(.ipv6) == 65_504)
    }

    @Test("tell of ICMP errors without data")
    func icmp() throws {
        var writer = MessageWriter()
        let peer = try #require(TransportAddress("192.0.2.1:32853"))
        writer.writeDataIndication(peer: peer, icmpType: 3, code: 4, data: 1_400, sampleID)
        let expected = RawMessage(0x0017).adding(0x0012, hex("00 01 a1 47 e1 12 a6 43"))
            .adding(0x8004, [0, 0, 6, 4, 0, 0, 0x05, 0x78])
        #expect(writer.copy == expected.bytes)
    }
}
