import Logging

extension LogLine {
    /// Names that the event itself uses; metadata under one of them is written as `metadata.<name>`.
    private static let ownKeys: Set<String> = ["time", "level", "label", "message"]

    /// The event as one JSON object and a line feed.
    var json: [UInt8] {
        var writer = JSONWriter()
        writer.text("{\"time\":")
        writer.string(time.rfc3339)
        writer.text(",\"level\":")
        writer.string(level.rawValue)
        writer.text(",\"label\":")
        writer.string(label)
        writer.text(",\"message\":")
        writer.string(message)
        var written = Self.ownKeys
        for (key, value) in fields {
            let name = Self.ownKeys.contains(key) ? "metadata." + key : key
            guard written.insert(name).inserted else { continue }
            writer.text(",")
            writer.string(name)
            writer.text(":")
            writer.value(value)
        }
        writer.text("}\n")
        return writer.bytes
    }
}

/// Appends JSON. Control characters, also those above ASCII and line separators, leave as `\u` escapes.
private struct JSONWriter {
    private(set) var bytes: [UInt8] = []

    mutating func text(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    mutating func string(_ string: String) {
        bytes.append(UInt8(ascii: "\""))
        for (index, scalar) in string.unicodeScalars.enumerated() {
            guard index < LogLine.maxValueScalars else {
                text("…")
                break
            }
            switch scalar {
            case "\"": text("\\\"")
            case "\\": text("\\\\")
            case "\n": text("\\n")
            case "\r": text("\\r")
            case "\t": text("\\t")
            case _ where scalar.isUnsafeInLogs: text("\\u" + scalar.fourHexDigits)
            default: bytes.append(contentsOf: UTF8.encode(scalar).map { Array($0) } ?? [])
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func value(_ value: Logger.MetadataValue) {
        switch value {
        case .string(let text):
            string(text)
        case .stringConvertible(let number as any BinaryInteger):
            text(String(describing: number))
        case .stringConvertible(let number as Double) where number.isFinite:
            text(String(describing: number))
        case .stringConvertible(let flag as Bool):
            text(flag ? "true" : "false")
        case .stringConvertible(let other):
            string(other.description)
        case .array(let elements):
            text("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { text(",") }
                self.value(element)
            }
            text("]")
        case .dictionary(let members):
            text("{")
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { text(",") }
                string(member.key)
                text(":")
                self.value(member.value)
            }
            text("}")
        }
    }
}

extension Unicode.Scalar {
    /// Whether the character could end a line, drive a terminal or turn the direction of text.
    var isUnsafeInLogs: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F, 0x2028, 0x2029, 0x202A...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// The scalar's number, for scalars of the basic plane.
    var fourHexDigits: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
