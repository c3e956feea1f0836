/// What clients send: requests and handshakes of every kind, well formed, refused, and broken.
struct RandomRequests {
    private static let plain = [
        Texts.get, Texts.post, Texts.chunked, Texts.wire("HEAD / HTTP/1.1|Host: h||"),
        Texts.wire("OPTIONS * HTTP/1.1|Host: h|Upgrade: h2c||"), Texts.wire("|"), "\n",
        Texts.wire("POST / HTTP/1.1|Host: h|Expect: 100-continue|Content-Length: 2||||"),
        Texts.wire("POST / HTTP/1.1|Host: h|Transfer-Encoding: chunked||A;x=y|GET / HTTP|1|||00|T: 1||"),
        Texts.get.replacing("\r\n", with: "\n"), Texts.handshake(target: "/other"),
    ]
    private static let last = [
        Texts.handshake, Texts.handshake, Texts.handshake.replacing("13", with: "12"),
        Texts.wire("GET / HTTP/1.0||"), Texts.wire("GET / HTTP/1.1||"),
        Texts.wire("CONNECT h:1 HTTP/1.1|Host: h||"), Texts.wire("GET ws://h HTTP/1.1|Host: h||"),
        Texts.wire("GET https://h HTTP/1.1|Host: h||"),
        Texts.wire("POST / HTTP/1.1|Host: h|Content-Length: 1|Content-Length: 1||x"),
        Texts.wire("POST / HTTP/1.1|Host: h|Transfer-Encoding: chunked||3|xyzGET"),
        Texts.wire("GET / HTTP/1.1|Host: h|\r|"), "\u{0}\u{1}", "get ",
        Texts.wire("GET / HTTP/1.1|Host: h|A: ") + String(repeating: "a", count: 300) + Texts.wire("||"),
    ]
    private static let odd = Array(" \r\n\t:;aZ0\u{0}|".utf8)

    var generator: SeededGenerator

    /// Some requests, maybe one that is the last, and more behind it; in some, bytes are others than they should be.
    mutating func bytes() -> [UInt8] {
        var text = ""
        for _ in 0..<number(1...4) { text += Self.plain[number(0...Self.plain.count - 1)] }
        if number(0...2) > 0 { text += Self.last[number(0...Self.last.count - 1)] }
        for _ in 0..<number(0...2) { text += Self.plain[number(0...Self.plain.count - 1)] }
        var bytes = Array(text.utf8)
        if number(0...2) == 0 {
            for _ in 0..<number(1...2) {
                bytes[number(0...bytes.count - 1)] = Self.odd[number(0...Self.odd.count - 1)]
            }
        }
        return bytes
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
}

/// A generator whose numbers depend on nothing but its seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
