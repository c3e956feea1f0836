import Addresses
import STUN
import Testing

@Suite("Binding requests of RFC 3489")
struct ClassicBindingRequestTests {
    private let id: [UInt8] = (1...16).map { UInt8($0) }

    private func read(
        _ attributes: [UInt8] = [], type: [UInt8] = [0, 1], length: Int? = nil, id: [UInt8]? = nil
    ) -> ClassicBindingRequest? {
        let length = bigEndian(UInt16(length ?? attributes.count))
        return ClassicBindingRequest(joined(type, length, id ?? self.id, attributes).span.bytes)
    }

    private func joined(_ parts: [UInt8]...) -> [UInt8] { Array(parts.joined()) }

    @Test("has a transaction id of 128 bits, and goes back with it")
    func transaction() throws {
        let request = try #require(read())
        #expect(request.cookie == 0x0102_0304 && request.unknown.isEmpty)
        #expect(request.transactionID == TransactionID(high: 0x0506_0708, low: 0x090A_0B0C_0D0E_0F10))
        var writer = MessageWriter()
        writer.begin(.success, answering: request)
        #expect(writer.copy == joined([1, 1, 0, 0], id))
    }

    @Test("is nothing else: with the cookie, of another method or class, of another length")
    func others() {
        #expect(read(id: joined([0x21, 0x12, 0xA4, 0x42], Array(id[4...]))) == nil)
        for type in [[0, 0], [0, 2], [0, 3], [0, 0x11], [1, 1], [1, 0x11], [0x40, 1], [0x80, 1]] as [[UInt8]]
        {
            #expect(read(type: type) == nil)
        }
        #expect(read(length: 4) == nil)
        #expect(read([0, 3, 0, 4, 0, 0, 0, 0], length: 0) == nil)
        #expect(read([1, 2, 3], length: 3) == nil)
    }

    @Test("is nothing when it is cut, at any length")
    func truncation() {
        let whole = joined([0, 1, 0, 8], id, [0, 3, 0, 4, 0, 0, 0, 0])
        for count in 0..<whole.count {
            #expect(ClassicBindingRequest(Array(whole.prefix(count)).span.bytes) == nil)
        }
        #expect(ClassicBindingRequest(whole.span.bytes) != nil)
    }

    @Test("names what it asks for and does not get, each once; what may be skipped is skipped")
    func unknown() throws {
        let changed: [UInt8] = [0, 3, 0, 4, 0, 0, 0, 2]
        let attributes = joined(changed, [0x80, 0x22, 0, 3, 1, 2, 3, 0], [0, 2, 0, 0], changed)
        let request = try #require(read(attributes))
        #expect(request.unknown.count == 2)
        #expect(request.unknown[0].rawValue == 3 && request.unknown[1].rawValue == 2)
    }

    @Test("has whole attributes, and not too many")
    func attributes() {
        #expect(read([0x80, 0x22, 0, 5, 1, 2, 3, 4]) == nil)
        #expect(read([0x80, 0x22, 0xFF, 0xFF]) == nil)
        let one: [UInt8] = [0x80, 0x22, 0, 0]
        #expect(read(Array(repeatElement(one, count: 48).joined())) != nil)
        #expect(read(Array(repeatElement(one, count: 49).joined())) == nil)
    }

    @Test("gets addresses in clear, and types in pairs")
    func answer() throws {
        var writer = MessageWriter()
        writer.begin(.success, answering: try #require(read()))
        writer.add(.mappedAddress, plain: TransportAddress(IPAddress(v4: 0x0102_0304), port: 0x0506))
        #expect(writer.copy == joined([1, 1, 0, 12], id, [0, 1, 0, 8, 0, 1, 5, 6, 1, 2, 3, 4]))
        var unknown = UnknownAttributes()
        unknown.insert(AttributeType(rawValue: 3))
        writer.begin(.error, answering: try #require(read()))
        writer.add(inPairs: unknown)
        #expect(writer.copy == joined([1, 0x11, 0, 8], id, [0, 10, 0, 4, 0, 3, 0, 3]))
        unknown.insert(AttributeType(rawValue: 2))
        writer.begin(.error, answering: try #require(read()))
        writer.add(inPairs: unknown)
        #expect(writer.copy == joined([1, 0x11, 0, 8], id, [0, 10, 0, 4, 0, 3, 0, 2]))
    }
}
