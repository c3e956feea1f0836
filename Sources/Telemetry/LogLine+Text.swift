import Logging

extension LogLine {
    /// The event for people, and a line feed. Values that hold spaces, quotes or `=` stand in quotes.
    var text: [UInt8] {
        let level = level.rawValue
        let padding = String(repeating: " ", count: max(0, "critical".count - level.count))
        var line = "\(time.rfc3339) \(level)\(padding) \(Self.escaped(label)): \(Self.escaped(message))"
        for (key, value) in fields {
            line += " \(Self.escaped(key))=\(Self.written(value))"
        }
        return Array(line.utf8) + [UInt8(ascii: "\n")]
    }

    private static func written(_ value: Logger.MetadataValue) -> String {
        let plain = escaped(value.description)
        let needsQuotes = plain.isEmpty || plain.contains { $0 == " " || $0 == "\"" || $0 == "=" }
        return needsQuotes
            ? "\""
                + plain.split(separator: "\"", omittingEmptySubsequences: false)
                .joined(separator: "\\\"") + "\"" : plain
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for (index, scalar) in text.unicodeScalars.enumerated() {
            guard index < maxValueScalars else { return result + "…" }
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\\": result += "\\\\"
            case _ where scalar.isUnsafeInLogs: result += "\\u" + scalar.fourHexDigits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
