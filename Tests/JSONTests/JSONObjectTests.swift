import JSON
import Testing

@Suite("JSON objects as values")
struct JSONObjectTests {
    private func parse(_ text: String) -> JSONObject? {
        Array(text.utf8).withUnsafeBytes { JSONObject($0) }
    }

    @Test("Members are found by name, null counts as absent, the last of one name wins")
    func members() throws {
        let object = try #require(
            parse(
                #" {"s":"a\u00e4\n","n":-1.5e1,"b":true,"z":null,"o":{"s":1},"a":[ 1 , "x",null,[2],{} ] , "e":[],"d":1,"d":2} "#
            ))
        #expect(object["s"] == .string("aä\n"))
        #expect(object["n"] == .number(-15))
        #expect(object["b"] == .other)
        #expect(object["z"] == nil)
        #expect(object["o"] == .other)
        #expect(object["a"] == .array([.number(1), .string("x"), .null, .other, .other]))
        #expect(object["e"] == .array([]))
        #expect(object["d"] == .number(2))
        #expect(object["missing"] == nil)
    }

    @Test("A number beyond a double is no number")
    func hugeNumbers() {
        #expect(parse(#"{"n":1e999}"#)?["n"] == .other)
    }

    @Test("Whatever is cut off is malformed")
    func truncation() throws {
        let text = #"{"s":"a\u00e4","n":-1.5e1,"a":[1,"x",{"y":[null]}]}"#
        #expect(parse(text) != nil)
        for length in 0..<text.utf8.count {
            #expect(
                parse(String(decoding: text.utf8.prefix(length), as: UTF8.self)) == nil, "\(length) bytes")
        }
    }

    @Test("What the writer writes, the reader reads")
    func roundTrip() throws {
        var inner = JSONObjectWriter()
        inner.add("id", "\u{1}\"\\/é😀")
        var writer = JSONObjectWriter()
        writer.add("text", "a\u{1F}b")
        writer.add("count", -3)
        writer.add("yes", true)
        writer.add("list", [inner, JSONObjectWriter()])
        let text = String(decoding: writer.text, as: UTF8.self)
        #expect(
            text
                == "{\"text\":\"a\\u001fb\",\"count\":-3,\"yes\":true,\"list\":[{\"id\":\"\\u0001\\\"\\\\/é😀\"},{}]}"
        )
        #expect(parse(text)?["text"] == .string("a\u{1F}b"))
    }
}
