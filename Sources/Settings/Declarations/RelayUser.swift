/// A user with a long-term credential (RFC 8489 §9.2).
package struct RelayUser: Equatable, Sendable {
    package let name: String
    package let password: String

    /// Reads `name:password`. A name has no colon; a password may. The form that coturn takes for a key instead of
    /// a password (`0x` and 32 digits) is refused: read as a password, it would admit no client.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        guard parts.count == 2, (1...508).contains(parts[0].utf8.count),
            (1...256).contains(parts[1].utf8.count)
        else { return nil }
        guard parts[1].wholeMatch(of: /0x[0-9A-Fa-f]{32}/) == nil else { return nil }
        name = parts[0]
        password = parts[1]
    }
}
