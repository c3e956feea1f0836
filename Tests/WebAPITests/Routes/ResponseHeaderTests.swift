import HTTPTypes
import Pairing
import Requests
import TestSupport
import Testing

@testable import WebAPI

@Suite("What every answer carries")
struct ResponseHeaderTests {
    @Test("Date, cache and sniffing headers are on every answer, a Server header on none")
    func always() async throws {
        let api = TestAPI()
        for path in ["/", "/nowhere", "/api/rooms", "/metrics"] {
            let headers = try await api.send(.get, path).headers
            #expect(headers[.cacheControl] == "no-store")
            #expect(headers[.xContentTypeOptions] == "nosniff")
            #expect(headers[.date]?.hasSuffix(" GMT") == true)
            #expect(headers[.server] == nil)
        }
    }

    @Test("By default every origin may read the API, refusals included; other paths take no part")
    func anyOrigin() async throws {
        let api = TestAPI()
        for path in ["/api/rooms?roomid=1", "/api/nowhere"] {
            let answer = try await api.send(.get, path, headers: [.origin: "https://example.org"])
            #expect(answer.headers[.accessControlAllowOrigin] == "*")
            #expect(answer.headers[.accessControlExposeHeaders] == "Retry-After")
        }
        let rooms = try await api.send(.get, "/rooms", headers: [.origin: "https://example.org"])
        #expect(rooms.headers[.accessControlAllowOrigin] == nil)
    }

    @Test("A preflight names methods, headers and how long it may be remembered")
    func preflight() async throws {
        let api = TestAPI()
        let headers: HTTPFields = [
            .origin: "https://example.org", .accessControlRequestMethod: "DELETE",
            .accessControlRequestHeaders: "content-type",
        ]
        let answer = try await api.send(.options, "/api/rooms", headers: headers)
        #expect(answer.status == 204 && answer.body.isEmpty)
        #expect(answer.headers[.accessControlAllowOrigin] == "*")
        #expect(answer.headers[.accessControlAllowMethods] == "GET, HEAD, POST, DELETE, OPTIONS")
        #expect(answer.headers[.accessControlAllowHeaders] == "Content-Type, Authorization")
        #expect(answer.headers[.accessControlMaxAge] == "7200")
        let plain = try await api.send(.options, "/healthz")
        #expect(plain.status == 204)
        #expect(plain.headers[.allow] == "GET, HEAD, OPTIONS")
    }

    @Test("With a list, a listed origin is echoed and any other gets nothing, and caches are told")
    func listedOrigins() async throws {
        let api = TestAPI {
            $0.allowedOrigins = AllowedOrigins(["https://App.example.org/", "http://localhost:3000"])
        }
        for (origin, expected) in [
            ("https://app.example.org", "https://app.example.org"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("https://evil.example.org", nil), ("null", nil), ("https://app.example.org.evil", nil),
        ] {
            let answer = try await api.send(.get, "/api/rooms?roomid=1", headers: [.origin: origin])
            #expect(answer.headers[.accessControlAllowOrigin] == expected)
            #expect(answer.headers[.vary] == "Origin")
        }
        let none = try await api.send(.get, "/api/rooms?roomid=1")
        #expect(none.headers[.accessControlAllowOrigin] == nil)
        #expect(none.headers[.vary] == "Origin")
        #expect(AllowedOrigins(["https://a", "*"]) == .any)
    }

    @Test(
        "A client that asks to close gets its connection closed",
        arguments: ["close", "Close", "keep-alive, close"])
    func close(value: String) async throws {
        let answer = try await TestAPI().send(.get, "/healthz", headers: [.connection: value])
        #expect(answer.headers[.connection] == "close")
    }

    @Test("Requests, refusals, pairings and the store are counted by fixed labels")
    func metrics() async throws {
        let api = TestAPI()
        _ = try await api.pair("1", "a", "b")
        _ = try await api.send(.get, "/api/rooms?roomid=nowhere")
        _ = try await api.send(.get, "/secret/path")
        #expect(api.metrics["switchboard_http_requests_total{route=/api/rooms,status=2xx}"] == 1)
        #expect(api.metrics["switchboard_http_requests_total{route=/api/rooms,status=4xx}"] == 1)
        #expect(api.metrics["switchboard_http_requests_total{route=unknown,status=4xx}"] == 1)
        #expect(api.metrics["switchboard_http_refusals_total{reason=not_found}"] == 2)
        #expect(api.metrics["switchboard_pairing_calls_total{call=create,outcome=ok}"] == 1)
        #expect(api.metrics["switchboard_pairing_calls_total{call=get,outcome=not_found}"] == 1)
        #expect(api.metrics["switchboard_store_seconds{call=accept}"] == 1)
        for series in api.metrics.series {
            #expect(!series.contains("secret") && !series.contains("nowhere"))
        }
    }
}
