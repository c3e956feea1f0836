import HTTPTypes
import Testing

@testable import WebAPI

@Suite("The pages and the client module")
struct WebPagesTests {
    private static let pages = WebPages(files: [
        "index.html": WebFile(
            contentType: "text/html", tag: "f0", content: Array("front".utf8), compressed: nil),
        "demo/index.html": WebFile(
            contentType: "text/html; charset=utf-8", tag: "a1", content: Array("<p>page</p>".utf8),
            compressed: Array("packed".utf8)),
        "demo/demo.js": WebFile(
            contentType: "text/javascript", tag: "b2", content: Array("let a".utf8), compressed: nil),
    ])

    private let api = TestAPI(services: { $0.pages = Self.pages })

    @Test("A folder's page is sent with headers that keep it to itself, and is asked for again each time")
    func page() async throws {
        let page = try await api.send(.get, "/demo/")
        #expect(page.status == 200 && page.body == "<p>page</p>")
        #expect(page.headers[.contentType] == "text/html; charset=utf-8")
        #expect(page.headers[.eTag] == "\"a1\"" && page.headers[.cacheControl] == "no-cache")
        #expect(page.headers[.xContentTypeOptions] == "nosniff")
        let policy = try #require(page.headers[.contentSecurityPolicy])
        #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
        #expect(!policy.contains("unsafe"))
        for name in ["Referrer-Policy", "Permissions-Policy", "X-Frame-Options"] {
            #expect(page.headers[try #require(HTTPField.Name(name))] != nil, "\(name)")
        }
        for name in ["Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy"] {
            #expect(page.headers[try #require(HTTPField.Name(name))] == "same-origin", "\(name)")
        }
        #expect(try await api.send(.get, "/demo/index.html").body == page.body)
        #expect(try await api.send(.get, "/demo/?x=1").body == page.body)
    }

    @Test(
        "A page calls its own server and no other",
        arguments: [
            ("call.example.org", " ws://call.example.org wss://call.example.org"),
            ("192.0.2.7:8080", " ws://192.0.2.7:8080 wss://192.0.2.7:8080"), ("[2001:db8::1]:8080", ""),
            ("a;script-src *", ""), ("", ""),
        ])
    func calls(_ host: String, _ sockets: String) async throws {
        for path in ["/demo/", "/demo/demo.js", "/demo/network.json"] {
            let answer = try await api.send(.get, path, host: host)
            let policy = try #require(answer.headers[.contentSecurityPolicy])
            let directives = policy.split(separator: "; ")
            #expect(directives.filter { $0.hasPrefix("connect-src") } == ["connect-src 'self'\(sockets)"])
            #expect(directives.filter { $0.hasPrefix("script-src") } == ["script-src 'self'"])
        }
    }

    @Test("A folder without its slash is sent on to where relative paths lead to its files")
    func missingSlash() async throws {
        let answer = try await api.send(.get, "/demo")
        #expect(answer.status == 308 && answer.headers[.location] == "demo/")
    }

    @Test(
        "Compressed bytes are for clients that take gzip",
        arguments: [
            ("gzip", true), ("br, gzip;q=0.5", true), ("GZIP", true), ("gzip;q=0", false),
            ("gzip; q=0.000", false),
            ("br", false), ("x-gzip", false), ("", false),
        ])
    func compression(_ accepted: String, _ isPacked: Bool) async throws {
        let answer = try await api.send(.get, "/demo/", headers: [.acceptEncoding: accepted])
        #expect(answer.body == (isPacked ? "packed" : "<p>page</p>"))
        #expect(answer.headers[.contentEncoding] == (isPacked ? "gzip" : nil))
        #expect(answer.headers[.vary]?.contains("Accept-Encoding") == true)
        #expect(answer.headers[.eTag] == (isPacked ? "\"a1-gzip\"" : "\"a1\""))
        let unpacked = try await api.send(.get, "/demo/demo.js", headers: [.acceptEncoding: accepted])
        #expect(unpacked.body == "let a" && unpacked.headers[.contentEncoding] == nil)
    }

    @Test(
        "Who has the content already is told so",
        arguments: ["\"a1\"", "W/\"a1\"", "\"x\", \"a1\"", "*"])
    func notModified(_ tags: String) async throws {
        let answer = try await api.send(.get, "/demo/", headers: [.ifNoneMatch: tags])
        #expect(answer.status == 304 && answer.body.isEmpty && answer.headers[.eTag] == "\"a1\"")
    }

    @Test("A tag of something else, or of the other encoding, does not count")
    func modified() async throws {
        for tags in ["\"a1-gzip\"", "a1", "\"b2\"", ""] {
            #expect(try await api.send(.get, "/demo/", headers: [.ifNoneMatch: tags]).status == 200)
        }
    }

    @Test("HEAD has the headers of GET and no body; other methods are refused")
    func methods() async throws {
        let head = try await api.send(.head, "/demo/")
        #expect(head.status == 200 && head.body.isEmpty && head.headers[.contentLength] == "11")
        for method in [HTTPRequest.Method.post, .put, .delete] {
            let answer = try await api.send(method, "/demo/")
            #expect(answer.status == 405 && answer.error == "method_not_allowed")
            #expect(answer.headers[.allow] == "GET, HEAD")
        }
    }

    @Test(
        "Nothing else is found",
        arguments: [
            "/demo/nothing.js", "/demo/index", "//demo/", "/demo//", "/demo/../demo/demo.js",
            "/demo/%2e%2e/demo/",
            "/demo/.", "/Demo/", "/demo/demo.js/", "/%64emo/",
        ])
    func missing(_ path: String) async throws {
        #expect(try await api.send(.get, path).status == 404)
    }

    @Test("The front page is HTML for whoever asks for HTML by name, and else what it always was")
    func front() async throws {
        let browser = try await api.send(
            .get, "/", headers: [.accept: "text/html,application/xhtml+xml,*/*;q=0.8"])
        #expect(browser.body == "front" && browser.headers[.vary]?.contains("Accept,") == true)
        for accepted in ["*/*", "text/plain", "application/json", "text/html;q=0", ""] {
            let other = try await api.send(.get, "/", headers: [.accept: accepted])
            #expect(
                other.headers[.contentType] == "text/plain; charset=utf-8" && other.body.contains("running"))
        }
    }

    @Test("Every page may import the client module, and nothing else of the pages")
    func crossOrigin() async throws {
        let module = WebFile(contentType: "text/javascript", tag: "c", content: [0x20], compressed: nil)
        let api = TestAPI(services: {
            $0.pages = WebPages(files: ["client/x.js": module, "demo/x.js": module])
        })
        let headers: HTTPFields = [.origin: "https://a.example"]
        let imported = try await api.send(.get, "/client/x.js", headers: headers)
        #expect(imported.headers[.accessControlAllowOrigin] == "*")
        let policy = try #require(HTTPField.Name("Cross-Origin-Resource-Policy"))
        #expect(imported.headers[policy] == "cross-origin")
        let page = try await api.send(.get, "/demo/x.js", headers: headers)
        #expect(page.headers[.accessControlAllowOrigin] == nil)
    }

    @Test("A browser that shows this machine's own page learns where others find it")
    func network() async throws {
        let api = TestAPI(services: {
            $0.pages = WebPages(files: [:], networkOrigin: { "http://192.0.2.7:8080" })
        })
        for name in ["localhost", "localhost:8080", "LOCALHOST", "127.0.0.1:80", "127.9.9.9", "[::1]:8080"] {
            let answer = try await api.send(.get, "/demo/network.json", host: name, from: "127.0.0.1")
            #expect(answer.status == 200 && answer.string("origin") == "http://192.0.2.7:8080", "\(name)")
            #expect(answer.headers[.cacheControl] == "no-store")
            #expect(answer.headers[.accessControlAllowOrigin] == nil)
        }
    }

    @Test("Nobody else does: a name that others give, a proxy, another machine")
    func networkOfStrangers() async throws {
        let api = TestAPI(services: {
            $0.pages = WebPages(files: [:], networkOrigin: { "http://192.0.2.7:8080" })
        })
        func answer(
            _ name: String, from address: String, _ headers: HTTPFields = [:]
        ) async throws -> TestAPI.Answer {
            try await api.send(.get, "/demo/network.json", headers: headers, host: name, from: address)
        }
        for name in [
            "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "192.0.2.7:8080", "",
        ] {
            #expect(try await answer(name, from: "127.0.0.1").body == "{}", "\(name)")
        }
        #expect(try await answer("localhost", from: "192.0.2.9").body == "{}")
        let forwarded = try #require(HTTPField.Name("X-Forwarded-For"))
        #expect(try await answer("localhost", from: "127.0.0.1", [forwarded: "192.0.2.9"]).body == "{}")
        let foreign: HTTPFields = [.origin: "https://evil.example"]
        #expect(try await answer("localhost", from: "127.0.0.1", foreign).body == "{}")
        #expect(try await api.send(.post, "/demo/network.json").headers[.allow] == "GET")
    }

    @Test("Without pages there are none, and the front page is the plain one")
    func without() async throws {
        let bare = TestAPI()
        for path in ["/demo/", "/demo", "/demo/network.json", "/client/switchboard.js", "/check/"] {
            #expect(try await bare.send(.get, path).status == 404)
        }
        let front = try await bare.send(.get, "/", headers: [.accept: "text/html"])
        #expect(front.headers[.contentType] == "text/plain; charset=utf-8")
    }
}
