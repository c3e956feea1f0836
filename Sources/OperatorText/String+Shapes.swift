extension String {
    /// Whether all characters are printable ASCII and none is a space.
    package var isVisibleASCII: Bool {
        utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// The text without the byte order mark that some editors put before it (RFC 8259 §8.1).
    package var withoutByteOrderMark: String {
        unicodeScalars.first == "\u{FEFF}" ? String(unicodeScalars.dropFirst()) : self
    }
}

extension StringProtocol {
    /// The text without spaces and tabs at its ends.
    package var trimmingSpaces: String {
        var rest = self[...]
        while let first = rest.first, first == " " || first == "\t" || first.isNewline {
            rest = rest.dropFirst()
        }
        while let last = rest.last, last == " " || last == "\t" || last.isNewline { rest = rest.dropLast() }
        return String(rest)
    }
}
