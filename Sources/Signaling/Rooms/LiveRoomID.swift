/// The id of a live room, as its members chose it: 1 to 128 Unicode scalars. Ids are equal if their UTF-8 is equal.
/// Swift's strings, in contrast, are also equal if they only look alike.
@usableFromInline
package struct LiveRoomID: Hashable, Sendable {
    /// The most Unicode scalars of an id.
    package static let maxLength = 128

    let utf8: [UInt8]

    /// Nil when the text is empty or too long.
    package init?(_ text: String) {
        guard (1...Self.maxLength).contains(text.unicodeScalars.count) else { return nil }
        utf8 = Array(text.utf8)
    }

    /// The id as its members sent it, JSON escapes read.
    package var text: String { String(decoding: utf8, as: UTF8.self) }
}
