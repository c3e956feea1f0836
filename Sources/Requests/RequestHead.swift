/// As much of an HTTP/1 request's head as it takes to tell a WebSocket handshake from other requests and to know
/// where the request ends. The HTTP decoder behind it judges everything else.
package struct RequestHead: Sendable {
    /// What the bytes so far are.
    package enum Outcome: Sendable {
        /// The blank line has not come yet.
        case incomplete
        /// Not the beginning of a request that this server could answer as a WebSocket.
        case unreadable
        /// The head and its length in bytes, blank line included.
        case complete(RequestHead, length: Int)
    }

    /// How the request's end is found (RFC 9112 §6).
    package enum Framing: Equatable, Sendable {
        case length(Int)
        case chunked
        /// Contradictory or unreadable: only the decoder knows.
        case unknown
    }

    /// As it was sent; upper-case letters and `-`.
    package private(set) var method = ""
    /// Nil if no server could answer the target.
    package private(set) var target: RequestTarget?
    /// The value of the last `Host` field.
    package private(set) var host = ""
    /// Whether the version is HTTP/1.1; any other counts as an older one.
    package private(set) var isHTTP11 = false
    /// Where the request ends.
    package private(set) var framing = Framing.length(0)
    private var hasLength = false
    /// Whether it has a `Transfer-Encoding` field, whatever its value.
    package private(set) var hasTransferEncoding = false
    /// How many `Host` fields it has.
    package private(set) var hostCount = 0
    /// Where the names of `Upgrade` fields stand.
    package private(set) var upgradeNames: [Range<Int>] = []
    /// Whether an `Upgrade` field names `websocket`.
    package private(set) var upgradesToWebSocket = false
    /// Whether a `Connection` field names `upgrade`.
    package private(set) var connectionSaysUpgrade = false
    /// The values of all `Sec-WebSocket-Key` fields.
    package private(set) var webSocketKeys: [String] = []
    /// The values of all `Sec-WebSocket-Version` fields.
    package private(set) var webSocketVersions: [String] = []
    /// Who is asking, as far as the head tells.
    package private(set) var provenance = RequestProvenance()

    /// The target's path; empty where it has none.
    package var path: String { target?.path ?? "" }

    /// Reads the head at the start of `bytes`, of which the first `searched` are known not to hold its end.
    package static func parse(_ bytes: UnsafeRawBufferPointer, searched: Int = 0) -> Outcome {
        guard startsLikeARequest(bytes) else { return .unreadable }
        guard let end = endOfHead(bytes, from: max(0, searched - 2)) else { return .incomplete }
        var head = RequestHead()
        var lines = bytes[..<end].split(separator: UInt8(ascii: "\n")).makeIterator()
        guard let first = lines.next(), head.readRequestLine(text(first)) else { return .unreadable }
        while let line = lines.next() {
            if line.first == UInt8(ascii: "\r"), line.count == 1 { continue }
            guard isWellFormed(line), let colon = line.firstIndex(of: UInt8(ascii: ":")),
                colon > line.startIndex
            else { return .unreadable }
            head.readField(line[..<colon], line[line.index(after: colon)...])
        }
        head.provenance.authority = head.authority
        return .complete(head, length: end)
    }

    /// The host that is asked for, and its port: the target's, if it names one, before the `Host` field's (RFC 9112
    /// §3.2.2).
    package var authority: String { target?.authority?.description ?? host }

    /// A method is upper-case letters; anything else need not be waited for.
    private static func startsLikeARequest(_ bytes: UnsafeRawBufferPointer) -> Bool {
        for byte in bytes.prefix(20) {
            if byte == UInt8(ascii: " ") { return bytes[0] != byte }
            guard (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte == UInt8(ascii: "-") else {
                return false
            }
        }
        return bytes.count < 20
    }

    /// The offset behind the first blank line, or behind what can no longer become one: no head has two carriage returns
    /// at the beginning of a line, and it is unreadable at once, in whatever pieces it comes.
    private static func endOfHead(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var lineIsEmpty = false
        for index in start..<bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\n"):
                if lineIsEmpty { return index + 1 }
                lineIsEmpty = true
            case UInt8(ascii: "\r"):
                if lineIsEmpty, bytes[index - 1] == UInt8(ascii: "\r") { return index + 1 }
            default: lineIsEmpty = false
            }
        }
        return nil
    }

    /// A field line neither continues another one nor has control characters in it (RFC 9112 §5).
    private static func isWellFormed(_ line: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard let first = line.first, first > 0x20 else { return false }
        let content = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        return content.allSatisfy { ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }
    }

    /// The text without white space and line ends around it.
    private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        var rest = bytes
        while let first = rest.first, first == 0x20 || first == 0x09 { rest.removeFirst() }
        while let last = rest.last, last == 0x20 || last == 0x09 || last == 0x0D { rest.removeLast() }
        return String(decoding: rest, as: UTF8.self)
    }

    private mutating func readRequestLine(_ line: String) -> Bool {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return false }
        method = String(parts[0])
        target = RequestTarget(parts[1], method: parts[0])
        isHTTP11 = parts[2] == "HTTP/1.1"
        return true
    }

    private mutating func readField(
        _ name: Slice<UnsafeRawBufferPointer>, _ value: Slice<UnsafeRawBufferPointer>
    ) {
        switch name.count {
        case 4 where Self.matches(name, "host"):
            hostCount += 1
            host = Self.text(value)
        case 7 where Self.matches(name, "upgrade"):
            upgradeNames.append(name.startIndex..<name.endIndex)
            upgradesToWebSocket = upgradesToWebSocket || Self.hasToken("websocket", Self.text(value))
        case 10 where Self.matches(name, "connection"):
            connectionSaysUpgrade = connectionSaysUpgrade || Self.hasToken("upgrade", Self.text(value))
        case 14 where Self.matches(name, "content-length"):
            let text = Self.text(value)
            defer { hasLength = true }
            let isNumber = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            framing =
                isNumber && framing == .length(0) && !hasLength
                ? Int(text).map { .length($0) } ?? .unknown : .unknown
        case 17 where Self.matches(name, "sec-websocket-key"):
            webSocketKeys.append(Self.text(value))
        case 17 where Self.matches(name, "transfer-encoding"):
            hasTransferEncoding = true
            let isChunked = framing == .length(0) && !hasLength && Self.text(value).lowercased() == "chunked"
            framing = isChunked ? .chunked : .unknown
        case 21 where Self.matches(name, "sec-websocket-version"):
            webSocketVersions.append(Self.text(value))
        default:
            guard let first = name.first, RequestProvenance.mayNote(first) else { return }
            provenance.note(Self.text(name).lowercased(), Self.text(value))
        }
    }

    private static func matches(_ name: Slice<UnsafeRawBufferPointer>, _ lowercase: StaticString) -> Bool {
        zip(name, UnsafeBufferPointer(start: lowercase.utf8Start, count: lowercase.utf8CodeUnitCount))
            .allSatisfy { byte, expected in
                byte == expected || (byte | 0x20 == expected && byte >= 0x41 && byte <= 0x5A)
            }
    }

    /// Whether a comma-separated list has `token`, in any case (RFC 9110 §7.6.1).
    private static func hasToken(_ token: String, _ list: String) -> Bool {
        list.split(separator: ",").contains {
            $0.trimmingOptionalWhitespace().lowercased() == token
        }
    }
}
