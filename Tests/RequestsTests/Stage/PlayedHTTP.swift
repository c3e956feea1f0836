/// A decoder of requests that is not the gate's: it finds heads, lengths and chunks in its own way, slowly. What it
/// cannot read is one request without an end.
struct PlayedHTTP {
    enum Event {
        case begin, end
    }

    private var text: [UInt8] = []
    private(set) var isBroken = false
    /// A head has come and not all of its body.
    private(set) var isWithinRequest = false
    private var ended = 0
    /// Answers that were written.
    var answers = 0

    /// Requests that have come whole and are not answered.
    var waiting: Int { ended - answers }
    /// Bytes behind the last request that has come whole.
    var restCount: Int { text.count }

    mutating func take(_ bytes: [UInt8]) -> [Event] {
        text += bytes
        var events: [Event] = []
        while !isBroken, let headEnd = blankLineEnd(from: 0) {
            if !isWithinRequest { events.append(.begin) }
            isWithinRequest = true
            guard let requestEnd = requestEnd(behind: headEnd) else { break }
            text.removeFirst(requestEnd)
            isWithinRequest = false
            ended += 1
            events.append(.end)
        }
        return events
    }

    /// Where the request whose head ends there ends; nil if that has not come.
    private mutating func requestEnd(behind headEnd: Int) -> Int? {
        let lines = text[..<headEnd].split(separator: UInt8(ascii: "\n")).map {
            String(decoding: $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0, as: UTF8.self).lowercased()
        }
        let lengths = lines.filter { $0.hasPrefix("content-length:") }.map {
            $0.dropFirst(15).drop { $0 == " " }
        }
        let codings = lines.filter { $0.hasPrefix("transfer-encoding:") }
        if codings.isEmpty, lengths.isEmpty { return headEnd }
        if codings.isEmpty, lengths.count == 1, let length = Int(lengths[0]), length >= 0 {
            return text.count - headEnd >= length ? headEnd + length : nil
        }
        guard codings.count == 1, lengths.isEmpty, codings[0].hasSuffix(" chunked") else {
            isBroken = true
            return nil
        }
        return chunksEnd(from: headEnd)
    }

    private mutating func chunksEnd(from start: Int) -> Int? {
        var index = start
        while let lineEnd = lineEnd(from: index) {
            let line = String(decoding: text[index..<lineEnd], as: UTF8.self)
            guard let size = Int(line.prefix { $0.isHexDigit }, radix: 16), size < 1 << 40 else {
                isBroken = true
                return nil
            }
            if size == 0 { return blankLineEnd(from: lineEnd - 1) }
            index = lineEnd + size + 2
            if index > text.count { return nil }
        }
        return nil
    }

    /// The offset behind the first line feed.
    private func lineEnd(from start: Int) -> Int? {
        text[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 }
    }

    /// The offset behind the first line that is empty.
    private func blankLineEnd(from start: Int) -> Int? {
        var index = start
        while let line = lineEnd(from: index) {
            guard let next = lineEnd(from: line) else { return nil }
            if text[line..<next].allSatisfy({ $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }) {
                return next
            }
            index = line
        }
        return nil
    }
}
