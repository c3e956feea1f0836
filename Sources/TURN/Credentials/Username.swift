/// A user's name as it was configured or sent. Names are the same if their bytes are: nothing is prepared by
/// OpaqueString (RFC 8265 §4.2), and two spellings of one text in Unicode are two names.
struct Username: Hashable, Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    // String's own comparison treats canonically equivalent texts as equal.
    static func == (one: Username, other: Username) -> Bool {
        one.text.utf8.elementsEqual(other.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        text.utf8Span.span.bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
