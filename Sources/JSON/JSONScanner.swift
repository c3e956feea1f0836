/// Walks JSON text (RFC 8259) without building anything: it finds where values end and refuses whatever is
/// not valid JSON in valid UTF-8. Positions are offsets into `bytes`; -1 stands for malformed.
///
/// The bytes must outlive the scanner. Depth is bounded, so hostile nesting cannot exhaust the stack.
///
/// Messages are scanned from another target: what runs for each of their bytes or members is `@inlinable`, and what it
/// touches `@usableFromInline`.
@usableFromInline
package struct JSONScanner {
    /// The deepest nesting of arrays and objects that is accepted.
    package static let maxDepth = 32

    @usableFromInline package let bytes: UnsafePointer<UInt8>
    @usableFromInline package let count: Int

    /// Where the text's value begins: behind white space, and a byte order mark (RFC 8259 §8.1) before that.
    @inlinable @inline(__always)
    package var start: Int {
        let hasMark = count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
        return skipWhitespace(hasMark ? 3 : 0)
    }

    /// A scanner of the whole text; nil where there is none.
    @inlinable
    package init?(_ text: UnsafeRawBufferPointer) {
        guard let base = text.baseAddress else { return nil }
        bytes = base.assumingMemoryBound(to: UInt8.self)
        count = text.count
    }

    /// The first offset at or after `start` that is not white space.
    @inlinable @inline(__always)
    package func skipWhitespace(_ start: Int) -> Int {
        var index = start
        while index < count, bytes[index] <= 0x20 {
            guard bytes[index] == 0x20 || bytes[index] == 0x0A || bytes[index] == 0x0D || bytes[index] == 0x09
            else { break }
            index &+= 1
        }
        return index
    }

    /// The offset behind the value that starts at `start`, which must not be white space.
    @usableFromInline
    package func valueEnd(_ start: Int, depth: Int = 0) -> Int {
        guard start < count else { return -1 }
        switch bytes[start] {
        case UInt8(ascii: "\""): return stringEnd(start)
        case UInt8(ascii: "{"): return objectEnd(start, depth: depth)
        case UInt8(ascii: "["): return arrayEnd(start, depth: depth)
        case UInt8(ascii: "t"): return literalEnd(start, "true")
        case UInt8(ascii: "f"): return literalEnd(start, "false")
        case UInt8(ascii: "n"): return literalEnd(start, "null")
        default: return numberEnd(start)
        }
    }

    private func objectEnd(_ start: Int, depth: Int) -> Int {
        guard depth < Self.maxDepth else { return -1 }
        var members = MemberCursor(objectAt: start, depth: depth)
        while true {
            switch members.next(self) {
            case .member: continue
            case .end(let end): return end
            case .malformed: return -1
            }
        }
    }

    private func arrayEnd(_ start: Int, depth: Int) -> Int {
        guard depth < Self.maxDepth else { return -1 }
        var index = skipWhitespace(start &+ 1)
        if index < count, bytes[index] == UInt8(ascii: "]") { return index &+ 1 }
        while true {
            index = valueEnd(index, depth: depth &+ 1)
            guard index >= 0 else { return -1 }
            index = skipWhitespace(index)
            guard index < count else { return -1 }
            if bytes[index] == UInt8(ascii: "]") { return index &+ 1 }
            guard bytes[index] == UInt8(ascii: ",") else { return -1 }
            index = skipWhitespace(index &+ 1)
        }
    }

    private func literalEnd(_ start: Int, _ literal: StaticString) -> Int {
        let length = literal.utf8CodeUnitCount
        guard start + length <= count else { return -1 }
        for index in 0..<length where bytes[start + index] != literal.utf8Start[index] { return -1 }
        return start + length
    }

    private func numberEnd(_ start: Int) -> Int {
        var index = start
        if bytes[index] == UInt8(ascii: "-") { index &+= 1 }
        let integer = index
        index = digitsEnd(index)
        guard index > integer, bytes[integer] != UInt8(ascii: "0") || index == integer + 1 else { return -1 }
        if index < count, bytes[index] == UInt8(ascii: ".") {
            let fraction = index &+ 1
            index = digitsEnd(fraction)
            guard index > fraction else { return -1 }
        }
        if index < count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index &+= 1
            if index < count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index &+= 1
            }
            let exponent = index
            index = digitsEnd(exponent)
            guard index > exponent else { return -1 }
        }
        return index
    }

    private func digitsEnd(_ start: Int) -> Int {
        var index = start
        while index < count, bytes[index] >= UInt8(ascii: "0"), bytes[index] <= UInt8(ascii: "9") {
            index &+= 1
        }
        return index
    }
}
