/// A JSON value and where it stands in the text.
struct ReferenceJSON {
    enum Kind {
        case null
        case bool
        case number
        /// Escapes are undone; lone surrogates are possible.
        case string([UInt16])
        case array
        case object([Member])
    }

    struct Member {
        let key: [UInt16]
        let keyRange: Range<Int>
        let value: ReferenceJSON
    }

    let kind: Kind
    let range: Range<Int>

    /// The value of a member, the last one where there are several.
    subscript(key: String) -> ReferenceJSON? {
        guard case .object(let members) = kind else { return nil }
        return members.last { $0.key == Array(key.utf16) }?.value
    }

    /// The string's text; nil for other kinds and for a string with a lone surrogate.
    var text: String? {
        guard case .string(let units) = kind else { return nil }
        return String(validating: units, as: UTF16.self)
    }
}

/// Parses JSON (RFC 8259) by plain recursive descent, byte after byte. It shares no line with the scanner that
/// it is the measure of.
struct ReferenceParser {
    /// The deepest nesting that the protocol accepts.
    static let maxDepth = 32

    private struct Malformed: Error {}

    private let bytes: [UInt8]
    private var position = 0

    /// The text as one value, nil when it is malformed, nested too deep, or not UTF-8.
    static func parse(_ bytes: [UInt8]) -> ReferenceJSON? {
        guard ReferenceUTF8.isValid(bytes) else { return nil }
        var parser = ReferenceParser(bytes: bytes)
        // Ignored as RFC 8259 §8.1 permits.
        if bytes.starts(with: "\u{FEFF}".utf8) { parser.position = 3 }
        parser.skipSpace()
        guard let value = try? parser.value(depth: 1) else { return nil }
        parser.skipSpace()
        return parser.position == bytes.count ? value : nil
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var current: Unicode.Scalar? {
        position < bytes.count ? Unicode.Scalar(bytes[position]) : nil
    }

    private mutating func skipSpace() {
        while let byte = current, byte == " " || byte == "\n" || byte == "\r" || byte == "\t" {
            position += 1
        }
    }

    private mutating func take(_ expected: Unicode.Scalar) throws(Malformed) {
        guard current == expected else { throw Malformed() }
        position += 1
    }

    private mutating func value(depth: Int) throws(Malformed) -> ReferenceJSON {
        let start = position
        let kind: ReferenceJSON.Kind
        switch current {
        case "{": kind = try object(depth: depth)
        case "[": kind = try array(depth: depth)
        case "\"": kind = .string(try string())
        case "t": kind = try word("true", .bool)
        case "f": kind = try word("false", .bool)
        case "n": kind = try word("null", .null)
        default: kind = try number()
        }
        return ReferenceJSON(kind: kind, range: start..<position)
    }

    private mutating func word(
        _ word: String, _ kind: ReferenceJSON.Kind
    ) throws(Malformed) -> ReferenceJSON.Kind {
        for letter in word.unicodeScalars { try take(letter) }
        return kind
    }

    private mutating func object(depth: Int) throws(Malformed) -> ReferenceJSON.Kind {
        var members: [ReferenceJSON.Member] = []
        if depth > Self.maxDepth { throw Malformed() }
        try take("{")
        skipSpace()
        while current != "}" {
            if !members.isEmpty {
                try take(",")
                skipSpace()
            }
            let start = position
            let key = try string()
            let keyRange = start..<position
            skipSpace()
            try take(":")
            skipSpace()
            members.append(.init(key: key, keyRange: keyRange, value: try value(depth: depth + 1)))
            skipSpace()
        }
        try take("}")
        return .object(members)
    }

    private mutating func array(depth: Int) throws(Malformed) -> ReferenceJSON.Kind {
        if depth > Self.maxDepth { throw Malformed() }
        try take("[")
        skipSpace()
        var isFirst = true
        while current != "]" {
            if !isFirst {
                try take(",")
                skipSpace()
            }
            isFirst = false
            _ = try value(depth: depth + 1)
            skipSpace()
        }
        try take("]")
        return .array
    }

    private mutating func string() throws(Malformed) -> [UInt16] {
        var units: [UInt16] = []
        var plain: [UInt8] = []
        try take("\"")
        while let byte = current, byte != "\"" {
            if bytes[position] < 0x20 { throw Malformed() }
            if byte != "\\" {
                plain.append(bytes[position])
                position += 1
                continue
            }
            units += String(decoding: plain, as: UTF8.self).utf16
            plain = []
            position += 1
            units.append(try escape())
        }
        try take("\"")
        return units + String(decoding: plain, as: UTF8.self).utf16
    }

    private mutating func escape() throws(Malformed) -> UInt16 {
        guard let letter = current else { throw Malformed() }
        position += 1
        switch letter {
        case "\"", "\\", "/": return UInt16(letter.value)
        case "b": return 8
        case "f": return 12
        case "n": return 10
        case "r": return 13
        case "t": return 9
        case "u": return try hexadecimalUnit()
        default: throw Malformed()
        }
    }

    private mutating func hexadecimalUnit() throws(Malformed) -> UInt16 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw Malformed() }
        position += 4
        return unit
    }

    private mutating func number() throws(Malformed) -> ReferenceJSON.Kind {
        if current == "-" { position += 1 }
        if current == "0" { position += 1 } else { try digits() }
        if current == "." {
            position += 1
            try digits()
        }
        if current == "e" || current == "E" {
            position += 1
            if current == "+" || current == "-" { position += 1 }
            try digits()
        }
        return .number
    }

    /// One digit or more.
    private mutating func digits() throws(Malformed) {
        let start = position
        while let byte = current, byte >= "0", byte <= "9" { position += 1 }
        if position == start { throw Malformed() }
    }
}
