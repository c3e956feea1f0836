import Pairing
import Testing

@Suite struct BoundedTextTests {
    @Test("Identifiers take text from one character to their bound, counted in Unicode scalars")
    func bounds() {
        #expect(JoinCode("") == nil)
        #expect(JoinCode("1")?.rawValue == "1")
        #expect(JoinCode(String(repeating: "é", count: 128)) != nil)
        #expect(JoinCode(String(repeating: "x", count: 129)) == nil)
        #expect(JoinCode(String(repeating: "e\u{301}", count: 64)) != nil)
        #expect(JoinCode(String(repeating: "e\u{301}", count: 65)) == nil)
        #expect(DeviceID(String(repeating: "x", count: 256)) != nil)
        #expect(DeviceID(String(repeating: "x", count: 257)) == nil)
        #expect(RoomID(String(repeating: "f", count: 128)) != nil)
        #expect(RoomID(String(repeating: "f", count: 129)) == nil)
    }

    @Test("Control characters are refused, everything else is kept as it came")
    func characters() {
        for value: UInt32 in [0x00, 0x09, 0x0A, 0x1F, 0x7F, 0x80, 0x9F] {
            guard let scalar = Unicode.Scalar(value) else { continue }
            #expect(DeviceID("a\(Character(scalar))b") == nil, "U+\(String(value, radix: 16))")
        }
        for text in [" ", "a b", "'; DROP TABLE rooms; --", "📱", "\u{A0}", "日本", "%", "\"\\"] {
            #expect(DeviceID(text)?.rawValue == text)
        }
    }

    @Test("Identifiers are equal when their bytes are, not when they look alike")
    func bytes() {
        #expect(DeviceID("\u{E9}") != DeviceID("e\u{301}"))
        #expect(Set([DeviceID("\u{E9}"), DeviceID("e\u{301}")]).count == 2)
        #expect(DeviceID("Phone") != DeviceID("phone"))
        #expect(DeviceID("phone") == DeviceID("phone"))
    }

    @Test("Printing a join code does not show it")
    func redaction() throws {
        let code = try #require(JoinCode("123456"))
        #expect(!"\(code)".contains("123456"))
        #expect(!String(reflecting: code).contains("123456"))
        #expect(String(describing: DeviceID("phone")).contains("phone"))
    }
}
