extension StringProtocol {
    /// Without the spaces and tabs (RFC 9110 §5.6.3) at both ends.
    @inlinable
    package func trimmingOptionalWhitespace() -> SubSequence {
        func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) })
        else { return self[endIndex...] }
        return self[first...last]
    }
}
