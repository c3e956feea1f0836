import Addresses
import STUN
import Testing

@Suite("The message writer")
struct MessageWriterTests {
    private static let key = LongTermKey(
        username: "alice", realm: "switchboard", password: "pw", algorithm: .md5)

    @Test("begins a message with class, method and transaction, and an answer with the request's")
    func beginnings() throws {
        var writer = MessageWriter()
        #expect(writer.copy.isEmpty)
        writer.begin(.request, .allocate, sampleID)
        #expect(writer.copy == RawMessage(0x0003).bytes)
        let request = try index(writer.copy).get().header
        writer.begin(.error, answering: request)
        writer.add(ErrorCode.staleNonce)
        #expect(writer.copy == RawMessage(0x0113).adding(0x0009, [0, 0, 4, 38]).bytes)
    }

    @Test("writes each attribute as the RFCs draw it")
    func attributes() {
        var writer = MessageWriter()
        writer.begin(.success, .allocate, sampleID)
        writer.add(.lifetime, UInt32(600))
        writer.add(.reservationToken, UInt64(0x0102_0304_0506_0708))
        writer.add(.dontFragment)
        writer.add(.realm, "abcde")
        writer.add(.data, bytes: [9, 8, 7] as [UInt8])
        writer.add(channelNumber: 0x4001)
        writer.add(requestedTransport: 17)
        writer.add(.requestedAddressFamily, IPAddress.Family.ipv6)
        writer.add(evenPortReservingNext: true)
        writer.add(PasswordAlgorithm.sha256)
        writer.add(.passwordAlgorithms, PasswordAlgorithms.offered)
        writer.add(.addressFamilyNotSupported, for: .ipv6)
        writer.add(icmpType: 3, code: 4, data: 1_280)
        let expected = RawMessage(0x0103).adding(0x000D, [0, 0, 2, 0x58])
            .adding(0x0022, [1, 2, 3, 4, 5, 6, 7, 8]).adding(0x001A, []).adding(0x0014, Array("abcde".utf8))
            .adding(0x0013, [9, 8, 7]).adding(0x000C, [0x40, 1, 0, 0]).adding(0x0019, [17, 0, 0, 0])
            .adding(0x0017, [2, 0, 0, 0]).adding(0x0018, [0x80]).adding(0x001D, [0, 2, 0, 0])
            .adding(0x8002, [0, 2, 0, 0, 0, 1, 0, 0]).adding(0x8001, [2, 0, 4, 40])
            .adding(0x8004, [0, 0, 6, 4, 0, 0, 5, 0])
        #expect(writer.copy == expected.bytes)
    }

    @Test("writes every error code so that it is read again", arguments: ErrorCode.allCases)
    func errorCodes(code: ErrorCode) {
        var writer = MessageWriter()
        writer.begin(.error, .allocate, sampleID)
        writer.add(code)
        #expect(read(.errorCode, in: writer.copy) == .success("\(code.rawValue)"))
    }

    @Test(
        "writes addresses so that they are read again",
        arguments: [
            "0.0.0.0:0", "255.255.255.255:65535", "192.0.2.1:32853", "[::]:0", "[2001:db8::1]:3478",
            "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535",
        ])
    func addresses(text: String) throws {
        var writer = MessageWriter()
        for type in [AttributeType.xorMappedAddress, .xorRelayedAddress, .xorPeerAddress] {
            writer.begin(.success, .allocate, sampleID)
            writer.add(type, xor: try #require(TransportAddress(text)))
            #expect(read(type, in: writer.copy) == .success(text))
        }
    }

    @Test("names unknown attributes as a 420 does")
    func unknown() {
        var unknown = UnknownAttributes()
        unknown.insert(AttributeType(rawValue: 0x7001))
        unknown.insert(AttributeType(rawValue: 0x0003))
        unknown.insert(AttributeType(rawValue: 0x7001))
        var writer = MessageWriter()
        writer.begin(.error, .binding, sampleID)
        writer.add(unknown)
        #expect(writer.copy == RawMessage(0x0111).adding(0x000A, [0x70, 1, 0, 3]).bytes)
    }

    @Test("closes a message with both integrities and the fingerprint, each true for what stands before it")
    func closing() throws {
        var writer = MessageWriter()
        writer.begin(.request, .refresh, sampleID)
        writer.add(.username, "alice")
        writer.addIntegrity(.sha1, Self.key)
        writer.addIntegrity(.sha256, Self.key)
        writer.addFingerprint()
        let bytes = writer.copy
        let message = bytes.span.bytes
        let index = try MessageIndex(message)
        let starts = try [AttributeType.messageIntegrity, .messageIntegritySHA256, .fingerprint].map {
            try #require(index.first($0)).start
        }
        let verified = [
            MessageIntegrity.sha1.verify(message, at: starts[0], Self.key),
            MessageIntegrity.sha256.verify(message, at: starts[1], Self.key),
            Fingerprint.verify(message, at: starts[2]),
        ]
        #expect(verified == [true, true, true])
    }

    @Test("stays empty when something did not fit, until the next message", arguments: 20...63)
    func overflow(capacity: Int) {
        var writer = MessageWriter(capacity: capacity)
        writer.begin(.success, .binding, sampleID)
        writer.add(.software, "0123456789")
        writer.addIntegrity(.sha1, Self.key)
        writer.addFingerprint()
        let (overflowed, byteCount) = (writer.overflowed, writer.byteCount)
        #expect(overflowed)
        #expect(writer.copy.isEmpty)
        #expect(byteCount == 0)
        writer.begin(.success, .binding, sampleID)
        #expect(writer.copy == RawMessage(0x0101).bytes)
    }

    @Test("fills its memory to the last byte")
    func exactFit() {
        var writer = MessageWriter(capacity: 68)
        writer.begin(.success, .binding, sampleID)
        writer.add(.software, "0123456789")
        writer.addIntegrity(.sha1, Self.key)
        writer.addFingerprint()
        #expect(writer.copy.count == 68)
    }

    @Test("writes into memory of someone else, and nothing into memory that is too small")
    func foreignMemory() {
        withUnsafeTemporaryAllocation(byteCount: 24, alignment: 1) { memory in
            memory.initializeMemory(as: UInt8.self, repeating: 0xEE)
            var writer = MessageWriter(into: UnsafeMutableRawBufferPointer(rebasing: memory[0..<19]))
            writer.begin(.success, .binding, sampleID)
            writer.addFingerprint()
            #expect(writer.copy.isEmpty)
            var fitting = MessageWriter(into: UnsafeMutableRawBufferPointer(rebasing: memory[1..<21]))
            fitting.begin(.success, .binding, sampleID)
            #expect(fitting.copy == RawMessage(0x0101).bytes)
            #expect(memory[0] == 0xEE && memory[21] == 0xEE)
        }
    }

    @Test("leaves zeros in padding, whatever was in the memory")
    func padding() {
        var writer = MessageWriter(capacity: 64)
        for count in 0...8 {
            writer.begin(.indication, .data, sampleID)
            writer.add(.data, bytes: [UInt8](repeating: 0xFF, count: 12))
            writer.begin(.indication, .data, sampleID)
            writer.add(.data, bytes: [UInt8](repeating: 1, count: count))
            #expect(
                writer.copy == RawMessage(0x0017).adding(0x0013, [UInt8](repeating: 1, count: count)).bytes)
        }
    }
}
