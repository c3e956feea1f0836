import NIOHTTP1
import Requests
import Testing

@testable import WebServer

@Suite("What stands behind the decoder sees")
struct RequestHeadNormalizerTests {
    private func normalized(
        _ uri: String, _ method: HTTPMethod = .GET, _ version: HTTPVersion = .http1_1,
        _ headers: HTTPHeaders = ["Host": "a", "Expect": "100-continue"]
    ) -> HTTPRequestHead? {
        RequestHeadNormalizer.normalized(
            HTTPRequestHead(version: version, method: method, uri: uri, headers: headers))
    }

    @Test(
        "a path in place of a URL, and the host of the URL in place of the Host field",
        arguments: [
            ("http://h:81/rooms?a", "/rooms?a", "h:81"), ("HTTP://h", "/", "h"),
            ("https://[::1]?a", "/?a", "[::1]"),
            ("/rooms?a", "/rooms?a", "a"), ("//h/x", "//h/x", "a"), ("/http://h/", "/http://h/", "a"),
        ])
    func targets(uri: String, expected: String, host: String) throws {
        let head = try #require(normalized(uri))
        #expect(head.uri == expected)
        #expect(head.headers["Host"] == [host])
    }

    @Test("an asterisk for the server itself")
    func asterisk() {
        #expect(normalized("*", .OPTIONS)?.uri == "*")
        #expect(normalized("http://h", .OPTIONS)?.uri == "*")
        #expect(normalized("http://h/", .OPTIONS)?.uri == "/")
    }

    @Test("nothing of what is no target", arguments: ["ws://h/", "*", "http://u@h/", "rooms", "/#a"])
    func noTargets(uri: String) {
        #expect(normalized(uri) == nil)
        #expect(normalized(uri, .CONNECT) == nil)
    }

    @Test("one Host of HTTP/1.1, at most one of HTTP/1.0, and no coding of the latter's body")
    func otherFields() {
        let two: HTTPHeaders = ["Host": "a", "host": "a"]
        let coded: HTTPHeaders = ["Host": "a", "Transfer-Encoding": "chunked"]
        #expect(normalized("/", .GET, .http1_1, [:]) == nil && normalized("/", .GET, .http1_0, [:]) != nil)
        #expect(normalized("/", .GET, .http1_1, two) == nil && normalized("/", .GET, .http1_0, two) == nil)
        #expect(
            normalized("/", .POST, .http1_1, coded) != nil && normalized("/", .POST, .http1_0, coded) == nil)
    }

    @Test(
        "Expect of HTTP/1.1 alone",
        arguments: [(0, 9, false), (1, 0, false), (1, 1, true), (1, 2, true)])
    func expectations(major: Int, minor: Int, isSeen: Bool) throws {
        let head = try #require(normalized("/", .POST, HTTPVersion(major: major, minor: minor)))
        #expect(head.headers.contains(name: "Expect") == isSeen)
        #expect(head.headers.contains(name: "Host"))
    }
}
