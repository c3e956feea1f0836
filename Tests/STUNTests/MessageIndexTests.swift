import STUN
import Testing

@Suite("The index of a message")
struct MessageIndexTests {
    @Test("reads every class and method that the type can name")
    func types() throws {
        for messageClass in MessageClass.allCases {
            for methodNumber in UInt16(0)...0xFFF {
                let type = MessageHeader.type(messageClass, methodNumber: methodNumber)
                #expect(type < 0x4000)
                let header = try MessageIndex(RawMessage(type).bytes.span.bytes).header
                guard header.messageClass == messageClass, header.methodNumber == methodNumber else {
                    Issue.record("\(messageClass) \(methodNumber) was read as \(header)")
                    return
                }
            }
        }
        #expect(MessageHeader.type(.error, methodNumber: 0x003) == 0x0113)
        #expect(MessageHeader.type(.indication, methodNumber: 0x006) == SendIndication.messageType)
        #expect(MessageHeader.type(.indication, methodNumber: 0x007) == DataIndication.messageType)
    }

    @Test("refuses a message that is cut anywhere, or longer than it says", arguments: RFCVectors.all)
    func truncation(bytes: [UInt8]) {
        #expect(error(bytes) == nil)
        for count in bytes.indices { #expect(error(Array(bytes.prefix(count))) == .header) }
        #expect(error(bytes + [0]) == .header)
        #expect(error(bytes + [0, 0, 0, 0]) == .header)
    }

    @Test("refuses a message cut anywhere even when its header agrees", arguments: RFCVectors.all)
    func consistentTruncation(bytes: [UInt8]) throws {
        let ends = try Set(listed(bytes).indices.map { try endOfAttribute($0, bytes) } + [20])
        for count in stride(from: 20, to: bytes.count, by: 4) {
            var cut = Array(bytes.prefix(count))
            cut.replaceSubrange(2..<4, with: bigEndian(UInt16(count - 20)))
            #expect((error(cut) == nil) == ends.contains(count))
        }
    }

    private func endOfAttribute(_ position: Int, _ bytes: [UInt8]) throws -> Int {
        (try MessageIndex(bytes.span.bytes)[position].range.upperBound + 3) & ~3
    }

    @Test("refuses headers that are not STUN's")
    func headers() {
        var message = RawMessage(0x0001)
        message.cookie[3] ^= 1
        #expect(error(message.bytes) == .header)
        #expect(error(RawMessage(0x4001).bytes) == .header)
        #expect(error(RawMessage(0x8001).bytes) == .header)
        var odd = RawMessage(0x0001)
        odd.attributes = [0, 0]
        #expect(error(odd.bytes) == .header)
        odd.length = 0
        #expect(error(odd.bytes) == .header)
        #expect(error([]) == .header)
    }

    @Test(
        "refuses an attribute that reaches beyond the message by one byte or by all",
        arguments: [5, 8, 0xFFFF])
    func beyondEnd(length: Int) {
        #expect(
            error(RawMessage(1).adding(0x8022, [1, 2, 3, 4], length: length).bytes) == .attributeBeyondEnd)
    }

    @Test("takes values of any length and padding of any bytes", arguments: 0...9)
    func padding(count: Int) throws {
        let value = [UInt8](repeating: 7, count: count)
        let bytes = RawMessage(1).adding(0x8022, value, padding: 0xEE).adding(0x0006, [1], padding: 0xFF)
            .bytes
        #expect(
            try listed(bytes) == [
                ListedAttribute(type: .software, value: value), ListedAttribute(type: .username, value: [1]),
            ])
    }

    @Test("takes 48 attributes and refuses one more, be it ignored or not")
    func count() throws {
        var message = RawMessage(1)
        for _ in 0..<48 { message.add(0x8022, []) }
        #expect(try listed(message.bytes).count == MessageIndex.maxAttributes)
        message.add(0x8022, [])
        #expect(error(message.bytes) == .tooManyAttributes)
        var ignored = RawMessage(1).adding(0x8028, [0, 0, 0, 0])
        for _ in 0..<48 { ignored.add(0x8022, []) }
        #expect(error(ignored.bytes) == .tooManyAttributes)
    }

    @Test("answers with the first of several")
    func duplicates() throws {
        let bytes = RawMessage(3).adding(0x000D, [0, 0, 0, 1]).adding(0x000D, [0, 0, 0, 2]).bytes
        #expect(read(.lifetime, in: bytes) == .success("1"))
        #expect(try listed(bytes).count == 2)
    }

    @Test("ignores all that follows MESSAGE-INTEGRITY except its sibling and FINGERPRINT")
    func closing() throws {
        let sha1 = [UInt8](repeating: 1, count: 20)
        let sha256 = [UInt8](repeating: 2, count: 32)
        func types(_ message: RawMessage) throws -> [UInt16] {
            try listed(message.bytes).map(\.type.rawValue)
        }
        let all = RawMessage(3).adding(0x06, [1]).adding(0x08, sha1).adding(0x0D, [0, 0, 0, 9]).adding(
            0x1C, sha256
        )
        .adding(0x08, sha1).adding(0x19, [17, 0, 0, 0]).adding(0x8028, [0, 0, 0, 0]).adding(0x8022, [1])
        .adding(0x1C, sha256).adding(0x8028, [0, 0, 0, 0])
        #expect(try types(all) == [0x06, 0x08, 0x1C, 0x8028])
        #expect(try types(RawMessage(3).adding(0x1C, sha256).adding(0x08, sha1).adding(0x06, [1])) == [0x1C])
        #expect(try types(RawMessage(3).adding(0x8028, [0, 0, 0, 0]).adding(0x08, sha1)) == [0x8028])
        #expect(
            try types(RawMessage(3).adding(0x08, sha1).adding(0x08, sha1).adding(0x1C, sha256)) == [
                0x08, 0x1C,
            ])
    }

    @Test("names no ignored attribute as unknown, and each unknown one once")
    func unknown() throws {
        let bytes = RawMessage(3).adding(0x7001, []).adding(0x0003, [0, 0, 0, 6]).adding(0x7001, [1])
            .adding(0xC001, []).adding(0x0006, [1]).adding(0x08, [UInt8](repeating: 0, count: 20))
            .adding(0x7002, []).bytes
        let index = try MessageIndex(bytes.span.bytes)
        let unknown = index.unknownComprehensionRequired
        #expect((0..<unknown.count).map { unknown[$0].rawValue } == [0x7001, 0x0003])
        #expect(!unknown.isEmpty)
        #expect(try STUNTests.index(RFCVectors.sha256Request).get().unknownComprehensionRequired.isEmpty)
    }

    @Test(
        "refuses integrity and fingerprint of a wrong size",
        arguments: [
            (0x08, 19), (0x08, 0), (0x08, 24), (0x1C, 16), (0x1C, 28), (0x1C, 36), (0x8028, 3), (0x8028, 8),
        ])
    func closingSizes(type: UInt16, count: Int) {
        let bytes = RawMessage(1).adding(type, [UInt8](repeating: 0, count: count)).bytes
        #expect(error(bytes) == .malformed(AttributeType(rawValue: type)))
    }

    @Test("reads the longest message there is")
    func longest() throws {
        var message = RawMessage(0x0016)
        message.add(0x0013, [UInt8](repeating: 1, count: 65_528))
        #expect(try listed(message.bytes).first?.value.count == 65_528)
        #expect(message.bytes.count == StreamFramer.maxMessageBytes)
    }
}
