import OperatorText

/// The names and values of a `.env` file.
///
/// Each line is `NAME=value`, with an optional `export` before it. A value may stand in single, double or back
/// quotes and then run over several lines; in double quotes `\n`, `\r`, `\t`, `\"` and `\\` are escapes. Without
/// quotes it ends at the line's end or at a `#` after a space. Lines that begin with `#` are comments. Of two
/// lines with one name the last counts. What is not understood is skipped: the file may serve other programs.
struct DotEnvFile {
    private(set) var values: [String: String] = [:]
    /// The line, counted from 1, that gave each name its value.
    private(set) var lines: [String: Int] = [:]
    /// Lines that were skipped though they are neither empty nor comments.
    private(set) var skippedLines: [Int] = []

    init(_ text: String) {
        // CR LF is one Character; scalars keep line counting independent of the file's origin.
        var scanner = Scanner(scalars: Array(text.unicodeScalars))
        while !scanner.isAtEnd {
            let line = scanner.line
            scanner.skip(while: { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\u{FEFF}" })
            if scanner.next == "\n" || scanner.next == "#" || scanner.isAtEnd {
                scanner.skipLine()
            } else if let (name, value) = scanner.assignment() {
                values[name] = value
                lines[name] = line
            } else {
                skippedLines.append(line)
                scanner.skipLine()
            }
        }
    }
}

private struct Scanner {
    let scalars: [Unicode.Scalar]
    private var position = 0
    private(set) var line = 1

    init(scalars: [Unicode.Scalar]) {
        self.scalars = scalars
    }

    var isAtEnd: Bool { position == scalars.count }
    var next: Unicode.Scalar? { isAtEnd ? nil : scalars[position] }

    mutating func advance() {
        if next == "\n" { line += 1 }
        position += 1
    }

    mutating func skip(while condition: (Unicode.Scalar) -> Bool) {
        while let next, condition(next) { advance() }
    }

    mutating func skipLine() {
        skip(while: { $0 != "\n" })
        if !isAtEnd { advance() }
    }

    private mutating func take(while condition: (Unicode.Scalar) -> Bool) -> String {
        let start = position
        skip(while: condition)
        return text(start..<position)
    }

    private func text(_ range: Range<Int>) -> String {
        var text = ""
        text.unicodeScalars.append(contentsOf: scalars[range])
        return text
    }

    /// `NAME=value` up to the end of its line; nil, perhaps in the middle of the line, if it is something else.
    mutating func assignment() -> (name: String, value: String)? {
        var name = take(while: Self.isNameScalar)
        if name == "export" && (next == " " || next == "\t") {
            skip(while: { $0 == " " || $0 == "\t" })
            name = take(while: Self.isNameScalar)
        }
        skip(while: { $0 == " " || $0 == "\t" })
        guard !name.isEmpty, next == "=" else { return nil }
        advance()
        skip(while: { $0 == " " || $0 == "\t" })
        if let quote = next, quote == "\"" || quote == "'" || quote == "`", let value = quoted(by: quote) {
            skipLine()
            return (name, value)
        }
        let value = unquoted()
        skipLine()
        return (name, value)
    }

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", ".", "-": true
        default: false
        }
    }

    /// The text up to the closing quote; nil, without having moved, if there is none.
    private mutating func quoted(by quote: Unicode.Scalar) -> String? {
        let (start, startLine) = (position, line)
        advance()
        var value = ""
        while let scalar = next {
            advance()
            if scalar == quote { return value }
            if scalar == "\\", quote == "\"", let escaped = next, let meaning = Self.escapes[escaped] {
                advance()
                value.unicodeScalars.append(meaning)
            } else {
                value.unicodeScalars.append(scalar)
            }
        }
        (position, line) = (start, startLine)
        return nil
    }

    private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
        "n": "\n", "r": "\r", "t": "\t", "\"": "\"", "\\": "\\",
    ]

    private mutating func unquoted() -> String {
        let start = position
        while let scalar = next, scalar != "\n" {
            let startsComment =
                scalar == "#" && position > start && [" ", "\t"].contains(scalars[position - 1])
            if startsComment || (scalar == "#" && position == start) { break }
            advance()
        }
        return text(start..<position).trimmingSpaces
    }
}
