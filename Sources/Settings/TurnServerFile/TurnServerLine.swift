import OperatorText

/// One line of a `turnserver.conf`, read as coturn 4.6.1 reads it.
///
/// A key, then spaces, tabs or `=`, then a value to the end of the line, which may stand in double quotes. There are
/// no comments behind a value: `#` belongs to it.
struct TurnServerLine: Equatable {
    let key: String
    /// Empty where none was given.
    let value: String

    /// Nil for an empty line and a comment.
    init?(_ text: Substring) {
        var rest = text.drop { Self.isBlank($0) }
        while let last = rest.last, last.isNewline { rest = rest.dropLast() }
        guard let first = rest.first, first != "#" else { return nil }
        key = String(rest.prefix { !Self.isBlank($0) && $0 != "=" })
        value = Self.unquoted(rest.dropFirst(key.count).drop { Self.isBlank($0) || $0 == "=" })
    }

    private static func unquoted(_ text: Substring) -> String {
        guard text.first == "\"" else { return String(text) }
        var inner = text.dropFirst()
        while let last = inner.last, isBlank(last) { inner = inner.dropLast() }
        if inner.last == "\"" { inner = inner.dropLast() }
        return String(inner)
    }

    private static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }

    /// The value as a switch: a key alone is on. Nil for what is neither on nor off.
    var flag: Bool? {
        switch value.trimmingSpaces.lowercased() {
        case "", "1", "yes", "y", "true", "t", "on": true
        case "0", "no", "n", "false", "f", "off": false
        default: nil
        }
    }
}
