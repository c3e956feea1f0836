import HTTPTypes
import Testing

@testable import WebAPI

@Suite("Requests that are refused")
struct BadRequestTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let path: String
        let body: String
        let error: String
        var field: String?
        var testDescription: String { "\(path) \(body.prefix(80))" }
    }

    let api = TestAPI()

    static let long129 = String(repeating: "x", count: 129)
    static let long257 = String(repeating: "x", count: 257)

    static let malformed = [
        "", " ", "[", "{", "[]", "null", "true", "1", "\"x\"", "{}}", "{} {}", "{'joinid':'1'}", "{joinid:1}",
        "{\"a\":}",
        "{\"a\":1,}", "{,}", "{\"a\" 1}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":1e}",
        "{\"a\":+1}", "{\"a\":NaN}",
        "{\"a\":tru}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\n\"}", "{\"a\":\"\\ud800\"}",
        "{\"\\udc00\":1}", "{\"a\":\"",
        "{\"a\":[1,]}", "{\"a\":[1 2]}", "\u{FEFF}", "\u{FEFF}\u{FEFF}{}", " \u{FEFF}{}", "{\u{FEFF}}",
        "{}\u{FEFF}", "{\"a\":{\"b\":}}", "// {}", "{}\u{0}",
    ]

    @Test("What is not one JSON object is invalid_json", arguments: malformed)
    func invalidJSON(body: String) async throws {
        for path in ["/api/rooms", "/api/rooms/accept", "/api/rooms/check", "/api/user/purge"] {
            let refused = try await api.post(path, body)
            #expect(refused.status == 400)
            #expect(refused.error == "invalid_json")
        }
    }

    @Test("A byte order mark before the object is ignored")
    func byteOrderMark() async throws {
        let created = try await api.post(
            "/api/rooms", "\u{FEFF} {\"joinid\":\"1\",\"client1\":\"a\",\"expiresInSeconds\":60}")
        #expect(created.status == 201)
    }

    @Test("Bytes that are not UTF-8 are invalid_json")
    func invalidUTF8() async throws {
        for bytes: [UInt8] in [
            [0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82],
        ] {
            let body = Array(#"{"joinid":""#.utf8) + bytes + Array(#"","client2":"b"}"#.utf8)
            let refused = try await api.send(.post, "/api/rooms/accept", parts: [body])
            #expect(refused.error == "invalid_json")
        }
    }

    @Test(
        "Nesting is bounded: a hundred thousand brackets do not exhaust the stack",
        arguments: ["[", "{\"a\":"])
    func deepNesting(opening: String) async throws {
        let generous = TestAPI { $0.maxBodyBytes = 1 << 20 }
        let body = #"{"joinid":"1","client2":"b","x":"# + String(repeating: opening, count: 100_000)
        #expect(try await generous.post("/api/rooms/accept", body).error == "invalid_json")
        let closed =
            #"{"joinid":"1","client2":"b","x":"# + String(repeating: "[", count: 1_000)
            + String(repeating: "]", count: 1_000) + "}"
        #expect(try await generous.post("/api/rooms/accept", closed).error == "invalid_json")
    }

    static let fields: [Case] = [
        Case(path: "/api/rooms", body: "{}", error: "missing_field", field: "joinid"),
        Case(path: "/api/rooms", body: #"{"joinid":5}"#, error: "missing_field", field: "client1"),
        Case(
            path: "/api/rooms", body: #"{"joinid":null,"client1":"a"}"#, error: "missing_field",
            field: "joinid"),
        Case(
            path: "/api/rooms", body: #"{"joinid":"1","client1":"a"}"#, error: "missing_field", field: "exp"),
        Case(
            path: "/api/rooms", body: #"{"joinid":"1","client1":"a","exp":null,"expiresInSeconds":null}"#,
            error: "missing_field", field: "exp"),
        Case(path: "/api/rooms/accept", body: #"{"client2":"b"}"#, error: "missing_field", field: "joinid"),
        Case(path: "/api/rooms/accept", body: #"{"joinid":"1"}"#, error: "missing_field", field: "client2"),
        Case(path: "/api/rooms/check", body: #"{"client1":"b"}"#, error: "missing_field", field: "joinid"),
        Case(path: "/api/rooms/check", body: #"{"joinid":"1"}"#, error: "missing_field", field: "client1"),
        Case(path: "/api/user/purge", body: "{}", error: "missing_field", field: "deviceId"),
        Case(path: "/api/user/purge", body: #"{"deviceId":null}"#, error: "missing_field", field: "deviceId"),
        Case(path: "/api/user/purge", body: #"{"deviceId":7}"#, error: "invalid_field", field: "deviceId"),
        Case(
            path: "/api/user/purge", body: #"{"deviceIds":"a"}"#, error: "invalid_field", field: "deviceIds"),
        Case(path: "/api/user/purge", body: #"{"deviceIds":[]}"#, error: "invalid_field", field: "deviceIds"),
        Case(
            path: "/api/user/purge", body: #"{"deviceIds":["a",1]}"#, error: "invalid_field",
            field: "deviceIds"),
        Case(
            path: "/api/user/purge", body: #"{"deviceIds":["a",null]}"#, error: "invalid_field",
            field: "deviceIds"),
        Case(
            path: "/api/user/purge", body: #"{"deviceIds":[["a"]]}"#, error: "invalid_field",
            field: "deviceIds"),
        Case(
            path: "/api/user/purge", body: #"{"deviceIds":[""]}"#, error: "invalid_field", field: "deviceIds"),
        Case(
            path: "/api/user/purge", body: #"{"deviceId":"\#(long257)"}"#, error: "invalid_field",
            field: "deviceId"),
    ]

    static let wrongIdentifiers = [
        "5", "1.5", "true", "{}", "[]", "[\"1\"]", "\"\"", "\"\(long129)\"", "\"\\u0000\"", "\"a\\nb\"",
        "\"\\u007f\"", "1e999",
    ].map {
        Case(
            path: "/api/rooms/accept", body: #"{"client2":"b","joinid":\#($0)}"#, error: "invalid_field",
            field: "joinid")
    }

    static let wrongExpiries = [
        "1", "true", "\"\"", "\"tomorrow\"", "\"2030-02-30T00:00:00Z\"", "\"2001-01-01T00:00:00Z\"",
        "\"99999-01-01T00:00:00Z\"",
    ].map {
        Case(
            path: "/api/rooms", body: #"{"joinid":"1","client1":"a","exp":\#($0)}"#, error: "invalid_field",
            field: "exp")
    }

    static let wrongSeconds = [
        "0", "-1", "0.99", "86400.5", "86401", "1e30", "1e999", "\"60\"", "true", "[]", "{}",
    ].map {
        Case(
            path: "/api/rooms", body: #"{"joinid":"1","client1":"a","expiresInSeconds":\#($0)}"#,
            error: "invalid_field",
            field: "expiresInSeconds")
    }

    @Test(
        "A missing or wrong member is named",
        arguments: [fields, wrongIdentifiers, wrongExpiries, wrongSeconds].flatMap { $0 })
    func members(test: Case) async throws {
        let refused = try await api.post(test.path, test.body)
        #expect(refused.status == 400)
        #expect(refused.error == test.error)
        #expect(refused.string("field") == test.field)
        #expect(refused.string("message")?.isEmpty == false)
    }

    @Test("The bounds themselves are accepted, and of members with one name the last counts")
    func bounds() async throws {
        for seconds in ["1", "86400", "1.5", "6e1"] {
            let body = #"{"joinid":"1","client1":"a","expiresInSeconds":\#(seconds)}"#
            #expect(try await api.post("/api/rooms", body).status == 201)
        }
        let code = String(repeating: "ä", count: 128)
        let client = String(repeating: "é", count: 256)
        let body = #"{"joinid":5,"joinid":"\#(code)","client1":"\#(client)","expiresInSeconds":60}"#
        #expect(try await api.post("/api/rooms", body).status == 201)
        let many = (0..<1_000).map { "\"\($0)\"" }.joined(separator: ",")
        #expect(try await api.post("/api/user/purge", "{\"deviceIds\":[\(many)]}").status == 200)
        let tooMany = try await api.post("/api/user/purge", "{\"deviceIds\":[\(many),\"x\"]}")
        #expect(tooMany.error == "invalid_field")
    }

    @Test("A room's id is needed where it is asked for, and an impossible one is nowhere")
    func roomIDs() async throws {
        for path in [
            "/api/rooms", "/api/rooms?", "/api/rooms?roomid=", "/api/rooms?roomid", "/api/rooms?room=1",
        ] {
            for method in [HTTPRequest.Method.get, .delete] {
                let refused = try await api.send(method, path)
                #expect(refused.status == 400)
                #expect(refused.error == "missing_field")
                #expect(refused.string("field") == "roomid")
            }
        }
        for id in [Self.long129, "%00", "a%0ab"] {
            #expect(try await api.send(.get, "/api/rooms?roomid=\(id)").error == "not_found")
            #expect(try await api.send(.delete, "/api/rooms?roomid=\(id)").error == "invalid_field")
        }
        #expect(try await api.send(.delete, "/api/rooms", #"{"roomid":7}"#).error == "invalid_field")
        #expect(try await api.send(.delete, "/api/rooms", "{").error == "invalid_json")
    }

    @Test("A body over its limit is 413 and ends the connection, declared or not")
    func tooLarge() async throws {
        let padding = String(repeating: " ", count: 16_384)
        let exact = #"{"joinid":"1","client2":"b"}"#
        let fits = exact + padding.dropLast(exact.utf8.count)
        #expect(try await api.post("/api/rooms/accept", fits).error == "not_found_or_expired")
        let long = fits + " "
        let undeclared = try await api.post("/api/rooms/accept", long)
        let declared = try await api.send(
            .post, "/api/rooms/accept", long, headers: [.contentLength: String(long.utf8.count)])
        for refused in [undeclared, declared] {
            #expect(refused.status == 413)
            #expect(refused.error == "too_large")
            #expect(refused.headers[.connection] == "close")
        }
        let purge = #"{"deviceId":"a"}"# + String(repeating: " ", count: 65_536 - 16)
        #expect(try await api.post("/api/user/purge", purge).status == 200)
        #expect(try await api.post("/api/user/purge", purge + " ").status == 413)
    }

    @Test("A body in many parts is put together")
    func parts() async throws {
        let body = Array(#"{"joinid":"1","client1":"a","expiresInSeconds":60}"#.utf8)
        let created = try await api.send(.post, "/api/rooms", parts: body.map { [$0] })
        #expect(created.status == 201)
    }

    @Test(
        "An unknown path is not found",
        arguments: [
            "/nowhere", "/api", "/api/", "/api/rooms/other", "/api/room", "/API/rooms", "/ws/x", "//", "/..",
            "/%2e",
        ])
    func unknownPaths(path: String) async throws {
        for method in [HTTPRequest.Method.get, .post, .options] {
            let refused = try await api.send(method, path)
            #expect(refused.status == 404)
            #expect(refused.error == "not_found")
        }
    }

    @Test("OPTIONS of the server itself is answered")
    func optionsOfServer() async throws {
        let answer = try await api.send(.options, "*")
        #expect(answer.status == 204 && answer.body.isEmpty)
        #expect(answer.headers[.allow] == "GET, HEAD, POST, DELETE, OPTIONS")
        #expect(try await api.send(.get, "*").error == "not_found")
    }

    @Test(
        "A known path with another method says which it answers",
        arguments: [
            ("/", "GET, HEAD, OPTIONS"), ("/rooms", "GET, HEAD, OPTIONS"), ("/healthz", "GET, HEAD, OPTIONS"),
            ("/readyz", "GET, HEAD, OPTIONS"), ("/metrics", "GET, HEAD, OPTIONS"),
            ("/api/rooms", "GET, HEAD, POST, DELETE, OPTIONS"), ("/api/rooms/accept", "POST, OPTIONS"),
            ("/api/rooms/check", "POST, OPTIONS"), ("/api/user/purge", "POST, OPTIONS"),
        ])
    func methods(path: String, allow: String) async throws {
        for method in ["PUT", "PATCH", "TRACE", "BREW"] {
            let refused = try await api.send(try #require(HTTPRequest.Method(method)), path)
            #expect(refused.status == 405)
            #expect(refused.error == "method_not_allowed")
            #expect(refused.headers[.allow] == allow)
        }
    }

    @Test("A trailing slash is ignored")
    func trailingSlash() async throws {
        #expect(try await api.post("/api/rooms/check/", "{}").error == "missing_field")
        #expect(try await api.send(.get, "/healthz/").status == 200)
    }

    @Test("A refusal of a HEAD request has the length but no body")
    func head() async throws {
        let refused = try await api.send(.head, "/api/rooms")
        #expect(refused.status == 400)
        #expect(refused.body.isEmpty)
        #expect(refused.headers[.contentLength] != "0")
    }
}
