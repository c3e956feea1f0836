/// Finds the end of a chunked body (RFC 9112 §7.1) without keeping any of it. Stricter than a decoder has to be: where
/// the two could differ, it gives up, and the connection ends with its response.
package struct ChunkedFraming: Equatable, Sendable {
    /// What the bytes just taken are.
    package enum Progress: Equatable, Sendable {
        /// All bytes belong to the body, which has not ended.
        case continues
        /// The body ends after so many bytes.
        case ends(after: Int)
        /// Only the decoder can tell where it ends.
        case malformed
    }

    private enum State: Equatable, Sendable {
        case size
        case chunkExtension
        case sizeLineFeed
        case data(Int)
        case dataReturn
        case dataLineFeed
        case trailer(isEmpty: Bool)
        case trailerLineFeed(isEmpty: Bool)
    }

    /// The most bytes of one line of sizes, extensions or trailers.
    private static let maxLineBytes = 4_096

    private var state = State.size
    private var size = 0
    private var digits = 0
    private var lineBytes = 0

    /// The beginning of a body.
    package init() {}

    /// Takes the next bytes of the body.
    package mutating func consume(_ bytes: UnsafeRawBufferPointer) -> Progress {
        var index = 0
        while index < bytes.count {
            if case .data(let rest) = state {
                let count = min(rest, bytes.count - index)
                index += count
                state = count == rest ? .dataReturn : .data(rest - count)
                continue
            }
            lineBytes += 1
            guard lineBytes <= Self.maxLineBytes, step(bytes[index]) else { return .malformed }
            index += 1
            if case .trailerLineFeed(true) = state, bytes[index - 1] == UInt8(ascii: "\n") {
                return .ends(after: index)
            }
        }
        return .continues
    }

    /// False when the byte does not belong here.
    private mutating func step(_ byte: UInt8) -> Bool {
        switch state {
        case .size: return sizeByte(byte)
        case .chunkExtension:
            if byte == UInt8(ascii: "\r") { state = .sizeLineFeed }
            return byte != UInt8(ascii: "\n")
        case .sizeLineFeed:
            state = size == 0 ? .trailer(isEmpty: true) : .data(size)
            startLine()
            return byte == UInt8(ascii: "\n")
        case .data: return false
        case .dataReturn:
            state = .dataLineFeed
            return byte == UInt8(ascii: "\r")
        case .dataLineFeed:
            state = .size
            startLine()
            return byte == UInt8(ascii: "\n")
        case .trailer(let isEmpty):
            state = byte == UInt8(ascii: "\r") ? .trailerLineFeed(isEmpty: isEmpty) : .trailer(isEmpty: false)
            return byte != UInt8(ascii: "\n")
        case .trailerLineFeed(let isEmpty):
            if !isEmpty { state = .trailer(isEmpty: true) }
            lineBytes = 0
            return byte == UInt8(ascii: "\n")
        }
    }

    private mutating func sizeByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): size = size << 4 | Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): size = size << 4 | Int(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): size = size << 4 | Int(byte - UInt8(ascii: "A") + 10)
        case UInt8(ascii: "\r") where digits > 0: state = .sizeLineFeed
        case UInt8(ascii: ";") where digits > 0: state = .chunkExtension
        default: return false
        }
        if state == .size { digits += 1 }
        return digits <= 8
    }

    private mutating func startLine() {
        if case .data = state { return }
        size = 0
        digits = 0
        lineBytes = 0
    }
}
