/// One JSON object as values, for cold paths that want members by name; messages are scanned.
///
/// The whole text is checked as `JSONScanner` does: RFC 8259, valid UTF-8, bounded nesting. Of members with
/// the same name the last one counts, as in a browser's `JSON.parse`.
package struct JSONObject: Sendable {
    /// A member's value, as far as callers need to know it.
    package enum Value: Equatable, Sendable {
        case string(String)
        /// Never infinite: a number beyond a double's range is `other`.
        case number(Double)
        case array([Value])
        case null
        /// A boolean, an object, or an array within an array.
        case other
    }

    private var members: [String: Value] = [:]

    /// Nil unless `text` is exactly one JSON object. A string with an escaped lone surrogate is no text, and
    /// makes the object malformed.
    package init?(_ text: UnsafeRawBufferPointer) {
        guard let json = JSONScanner(text) else { return nil }
        let start = json.start
        guard start < json.count, json.bytes[start] == UInt8(ascii: "{") else { return nil }
        var cursor = MemberCursor(objectAt: start)
        while true {
            switch cursor.next(json) {
            case .member(let key, let range):
                guard let name = json.decodeString(key), let value = Self.value(range, json, isElement: false)
                else { return nil }
                members[name] = value
            case .end(let end):
                guard json.skipWhitespace(end) == json.count else { return nil }
                return
            case .malformed:
                return nil
            }
        }
    }

    /// The value of a member; nil when there is none or when it is null.
    package subscript(name: String) -> Value? {
        guard let value = members[name], value != .null else { return nil }
        return value
    }

    /// The value in a range that has been scanned; nil for a string that is no text.
    private static func value(_ range: Range<Int>, _ json: JSONScanner, isElement: Bool) -> Value? {
        switch json.bytes[range.lowerBound] {
        case UInt8(ascii: "\""):
            return json.decodeString(range.lowerBound + 1..<range.upperBound - 1).map(Value.string)
        case UInt8(ascii: "n"): return .null
        case UInt8(ascii: "["): return isElement ? .other : elements(range, json)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            let digits = UnsafeBufferPointer(start: json.bytes + range.lowerBound, count: range.count)
            guard let number = Double(String(decoding: digits, as: UTF8.self)), number.isFinite else {
                return .other
            }
            return .number(number)
        default: return .other
        }
    }

    private static func elements(_ array: Range<Int>, _ json: JSONScanner) -> Value? {
        var elements: [Value] = []
        var index = json.skipWhitespace(array.lowerBound + 1)
        while index < array.upperBound - 1 {
            let end = json.valueEnd(index, depth: 2)
            guard end > index, let element = value(index..<end, json, isElement: true) else { return nil }
            elements.append(element)
            index = json.skipWhitespace(end)
            if json.bytes[index] == UInt8(ascii: ",") { index = json.skipWhitespace(index + 1) }
        }
        return .array(elements)
    }
}
