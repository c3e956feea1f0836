import Testing

@testable import Requests

@Suite("What a request asks for")
struct RequestTargetTests {
    private func read(_ text: String, _ method: String = "GET") -> RequestTarget? {
        RequestTarget(text, method: method)
    }

    @Test(
        "The origin form is a path with or without a query",
        arguments: [
            ("/", "/"), ("/ws?a=b", "/ws"), ("/?", "/"), ("/a?b?c", "/a"),
            ("//example.org/x", "//example.org/x"),
            ("/http://example.org/", "/http://example.org/"), ("/%2e%2e/", "/%2e%2e/"), ("/ä", "/ä"),
        ])
    func origin(text: String, path: String) throws {
        let target = try #require(read(text))
        #expect(target.subject == .resource)
        #expect(target.path == path)
        #expect(target.pathAndQuery == text)
        #expect(target.scheme == nil && target.authority == nil)
    }

    @Test(
        "The absolute form is a scheme of HTTP, a host, and a path that may be empty",
        arguments: [
            ("http://h", "/", "/", "h"), ("http://h/", "/", "/", "h"), ("http://h?a=b", "/", "/?a=b", "h"),
            ("http://h:8080/ws?a=b", "/ws", "/ws?a=b", "h:8080"), ("HTTP://H:/x", "/x", "/x", "H"),
            ("http://[::1]:80/rooms", "/rooms", "/rooms", "[::1]:80"),
            ("http://h//x", "//x", "//x", "h"), ("http://h/http://g/", "/http://g/", "/http://g/", "h"),
            ("http://h/@g", "/@g", "/@g", "h"), ("http://h?x@g/y", "/", "/?x@g/y", "h"),
        ])
    func absolute(text: String, path: String, pathAndQuery: String, authority: String) throws {
        let target = try #require(read(text))
        #expect(target.subject == .resource)
        #expect(target.path == path)
        #expect(target.pathAndQuery == pathAndQuery)
        #expect(target.scheme == .http)
        #expect(target.authority?.description == authority)
    }

    @Test("The schemes of HTTP are http and https, in any case")
    func schemes() {
        #expect(read("https://h/")?.scheme == .https)
        #expect(read("hTTpS://h/")?.scheme == .https)
    }

    @Test(
        "Whatever else is no target",
        arguments: [
            "", "a", "?", "ws://h/", "wss://h/", "ftp://h/", "file:///etc/passwd", "httpx://h/", "://h/",
            "http:",
            "http:/", "http:/h/", "http://", "http:///", "http://?", "http://:80/", "http://u@h/",
            "http://u:p@h/",
            "http://@h/", "http://h:x/", "http://h:+80/", "http://h:65536/", "http://h:80:80/",
            "http://[::1/",
            "http://[::1]x/", "http://[fe80::1%25eth0]/", "http://a b/", "http://h\\/", "http://ä/",
            "http://%68/",
            "http://h/#f", "/#f", "#", "h:80", "*", "*x", "**", "/a b", "/a\u{0}", "/a\u{7F}", "/a\t",
            "http://\(String(repeating: "h", count: 301))/",
        ])
    func noTarget(text: String) {
        #expect(read(text) == nil)
    }

    @Test("An asterisk is for OPTIONS alone, and so is a URL without a path")
    func asterisk() throws {
        #expect(read("*", "OPTIONS")?.subject == .server)
        #expect(read("*", "OPTIONS")?.path == "")
        for method in ["GET", "HEAD", "POST", "options", ""] { #expect(read("*", method) == nil) }
        let absolute = try #require(read("http://h:81", "OPTIONS"))
        #expect(absolute.subject == .server && absolute.authority?.port == 81)
        #expect(read("http://h/", "OPTIONS")?.subject == .resource)
        #expect(read("http://h?", "OPTIONS")?.path == "/")
        #expect(read("/rooms", "OPTIONS")?.path == "/rooms")
    }

    @Test("CONNECT asks for a tunnel, wherever to", arguments: ["h:80", "/", "*", "http://h/", ""])
    func connect(text: String) {
        #expect(read(text, "CONNECT")?.subject == .tunnel)
        #expect(read(text, "CONNECT")?.path == "")
    }
}

@Suite("A host and its port")
struct AuthorityTests {
    @Test(
        "are read apart",
        arguments: [
            ("h", "h", nil), ("h:", "h", nil), ("h:0", "h", 0), ("a_b-c.D:65535", "a_b-c.D", 65_535),
            ("192.0.2.1:80", "192.0.2.1", 80), ("[2001:db8::1]", "[2001:db8::1]", nil),
            ("[::ffff:192.0.2.1]:1", "[::ffff:192.0.2.1]", 1),
        ] as [(String, String, UInt16?)])
    func parts(text: String, host: String, port: UInt16?) throws {
        let authority = try #require(Authority(text))
        #expect(authority.host == host)
        #expect(authority.port == port)
    }

    @Test(
        "are this machine's only if no resolver has a say",
        arguments: [
            ("localhost", true), ("LocalHost:8080", true), ("127.0.0.1", true), ("127.255.0.3:1", true),
            ("[::1]", true), ("[0:0:0:0:0:0:0:1]:80", true), ("[::ffff:127.0.0.1]", true),
            ("rebind.example", false), ("localhost.example", false), ("a.localhost", false),
            ("localhost.", false),
            ("127.0.0.1.example", false), ("127.1", false), ("0.0.0.0", false), ("[::]", false),
            ("192.0.2.1", false), ("0x7f000001", false), ("2130706433", false),
        ])
    func loopback(text: String, expected: Bool) throws {
        #expect(try #require(Authority(text)).isLoopback == expected)
    }
}
