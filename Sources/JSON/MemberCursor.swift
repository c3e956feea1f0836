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

    /// What half a step comes to.
    @usableFromInline
    package enum KeyStep {
        /// The key between its quotes, and where the value begins, which may be the end of the text.
        case key(Range<Int>, value: Int)
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
        switch nextKey(json) {
        case .key(let key, let start):
            let end = json.valueEnd(start, depth: valueDepth)
            guard end >= 0 else { return .malformed }
            pass(end)
            return .member(key: key, value: start..<end)
        case .end(let end): return .end(end)
        case .malformed: return .malformed
        }
    }

    /// The next member's key, or what stands in its place. The caller finds the value's end, and says so with
    /// ``pass(_:)`` before the next call.
    @inlinable @inline(__always)
    package mutating func nextKey(_ json: JSONScanner) -> KeyStep {
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
        return .key(key, value: json.skipWhitespace(index &+ 1))
    }

    /// The depth at which the values of the members stand.
    @inlinable @inline(__always)
    package var valueDepth: Int { depth &+ 1 }

    /// Goes on behind a value that ends at `end`.
    @inlinable @inline(__always)
    package mutating func pass(_ end: Int) {
        position = end
    }
}
