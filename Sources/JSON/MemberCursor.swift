/// Steps through the members of a JSON object in the order they stand there.
@usableFromInline
package struct MemberCursor {
    /// What a step comes to.
    @usableFromInline
    package enum Step {
        /// The key between its quotes, and the whole value.
        case member(key: Range<Int>, value: Range<Int>)
        /// The offset behind the closing brace.
        case end(Int)
        case malformed
    }

    @usableFromInline var position: Int
    @usableFromInline var isFirst: Bool
    @usableFromInline let depth: Int

    /// - Parameter start: the offset of the opening brace.
    @inlinable @inline(__always)
    package init(objectAt start: Int, depth: Int = 0) {
        position = start &+ 1
        isFirst = true
        self.depth = depth
    }

    /// The next member, or what stands in its place.
    @inlinable @inline(__always)
    package mutating func next(_ json: JSONScanner) -> Step {
        var index = json.skipWhitespace(position)
        guard index < json.count else { return .malformed }
        if json.bytes[index] == UInt8(ascii: "}") { return .end(index &+ 1) }
        if !isFirst {
            guard json.bytes[index] == UInt8(ascii: ",") else { return .malformed }
            index = json.skipWhitespace(index &+ 1)
        }
        isFirst = false
        guard index < json.count, json.bytes[index] == UInt8(ascii: "\"") else { return .malformed }
        let keyEnd = json.stringEnd(index)
        guard keyEnd >= 0 else { return .malformed }
        let key = index &+ 1..<keyEnd &- 1
        index = json.skipWhitespace(keyEnd)
        guard index < json.count, json.bytes[index] == UInt8(ascii: ":") else { return .malformed }
        let start = json.skipWhitespace(index &+ 1)
        let end = json.valueEnd(start, depth: depth &+ 1)
        guard end >= 0 else { return .malformed }
        position = end
        return .member(key: key, value: start..<end)
    }
}
