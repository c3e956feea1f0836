/// An identifier that clients choose: text of a bounded length without control characters.
///
/// Two identifiers are equal when their bytes are, as in a database. `String` would compare them after
/// Unicode normalisation and so find equal what SQLite keeps apart.
package protocol BoundedText: Hashable, Sendable {
    /// The greatest number of Unicode scalars; the least is one.
    static var maximumLength: Int { get }

    /// The text as the client sent it.
    var rawValue: String { get }

    /// Takes text that has been checked already, or that a store holds and that is therefore a fact.
    init(stored text: String)
}

extension BoundedText {
    /// Checks text from outside.
    ///
    /// - Returns: `nil` if the text is empty, longer than ``maximumLength`` scalars, or has a control
    ///   character (U+0000 to U+001F, U+007F to U+009F).
    package init?(_ text: String) {
        var length = 0
        for scalar in text.unicodeScalars {
            length += 1
            guard length <= Self.maximumLength else { return nil }
            switch scalar.value {
            case 0x00...0x1F, 0x7F...0x9F: return nil
            default: continue
            }
        }
        guard length > 0 else { return nil }
        self.init(stored: text)
    }

    /// Compares the bytes of the two identifiers.
    package static func == (left: Self, right: Self) -> Bool {
        left.rawValue.utf8.elementsEqual(right.rawValue.utf8)
    }

    /// Hashes the bytes of the identifier.
    package func hash(into hasher: inout Hasher) {
        for byte in rawValue.utf8 { hasher.combine(byte) }
        hasher.combine(0xFF as UInt8)
    }
}
