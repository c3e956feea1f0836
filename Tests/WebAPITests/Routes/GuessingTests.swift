import HTTPTypes
import Pairing
import TestSupport
import Testing

@testable import WebAPI

@Suite("Guessing join codes over the API")
struct GuessingTests {
    private let wrong = #"{"joinid":"wrong","client2":"b"}"#

    @Test("The eleventh guess of an address is refused before the store is asked; other addresses go on")
    func locked() async throws {
        let api = TestAPI()
        _ = try await api.pair("right", "a", "b")
        for _ in 0..<10 {
            #expect(try await api.post("/api/rooms/accept", wrong, from: "203.0.113.1").status == 404)
        }
        let right = #"{"joinid":"right","client2":"b"}"#
        let refused = try await api.post("/api/rooms/accept", right, from: "203.0.113.1")
        #expect(refused.status == 429)
        #expect(refused.error == "rate_limited")
        #expect(refused.number("retryAfter") == 900)
        #expect(refused.headers[.retryAfter] == "900")
        #expect(try await api.post("/api/rooms/accept", right, from: "203.0.113.2").status == 200)
        #expect(api.metrics["switchboard_http_refusals_total{reason=accept_locked}"] == 1)
        #expect(api.metrics["switchboard_pairing_calls_total{call=accept,outcome=rate_limited}"] == 1)
        for line in api.log.lines { #expect(!line.contains("203.0.113") && !line.contains("wrong")) }
    }

    @Test("A page of another site in a browser on this machine is locked out, programs here are not")
    func foreignPage() async throws {
        let api = TestAPI()
        var statuses: [Int] = []
        // What gives them away differs; their address is one.
        for (headers, host) in [
            ([.origin: "https://evil.example"], "localhost"), ([:], "rebind.example"),
        ] as [(HTTPFields, String)] {
            for _ in 0..<6 {
                let answer = try await api.send(
                    .post, "/api/rooms/accept", wrong, headers: headers, host: host)
                statuses.append(answer.status)
            }
        }
        #expect(statuses == Array(repeating: 404, count: 10) + [429, 429])
        #expect(api.metrics["switchboard_http_refusals_total{reason=accept_locked}"] == 2)
        #expect(try await api.post("/api/rooms/accept", wrong).status == 404)
    }

    @Test("A conflict is a guess, an accept repeated by its device is none, a bad body is none")
    func whatCounts() async throws {
        let api = TestAPI()
        _ = try await api.pair("right", "a", "b")
        let peer = "203.0.113.1"
        for _ in 0..<20 {
            #expect(
                try await api.post("/api/rooms/accept", #"{"joinid":"right","client2":"b"}"#, from: peer)
                    .status == 200)
            #expect(try await api.post("/api/rooms/accept", #"{"joinid":"right"}"#, from: peer).status == 400)
        }
        for _ in 0..<10 {
            #expect(
                try await api.post("/api/rooms/accept", #"{"joinid":"right","client2":"c"}"#, from: peer)
                    .status == 409)
        }
        #expect(
            try await api.post("/api/rooms/accept", #"{"joinid":"right","client2":"b"}"#, from: peer).status
                == 429)
    }

    @Test("A store that cannot answer makes no guess of an attempt")
    func failuresOfTheStore() async throws {
        let api = TestAPI(store: StubStore(failure: PairingStoreError(.unavailable, "full")))
        for _ in 0..<30 {
            #expect(try await api.post("/api/rooms/accept", wrong, from: "203.0.113.1").status == 503)
        }
    }

    @Test("Guesses sent at once do not pass the limit together")
    func inFlight() async throws {
        let store = StubStore(failure: nil)
        let api = TestAPI(store: store)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 {
                group.addTask { try await api.post("/api/rooms/accept", wrong, from: "203.0.113.1").status }
            }
            while store.waiting < 10 { await Task.yield() }
            var statuses: [Int] = []
            while statuses.count < 40, let status = try await group.next() { statuses.append(status) }
            #expect(store.waiting == 10)
            store.releaseAll()
            for try await status in group { statuses.append(status) }
            return statuses
        }
        #expect(statuses.count { $0 == 404 } == 10)
        #expect(statuses.count { $0 == 429 } == 40)
    }

    @Test("Local callers guess freely; the same caller behind a proxy that nobody named does not")
    func loopback() async throws {
        let api = TestAPI()
        for _ in 0..<100 { #expect(try await api.post("/api/rooms/accept", wrong).status == 404) }
        var statuses: [Int] = []
        for client in 0..<11 {
            let headers: HTTPFields = [.xForwardedFor: "203.0.113.\(client)"]
            statuses.append(try await api.send(.post, "/api/rooms/accept", wrong, headers: headers).status)
        }
        #expect(statuses == Array(repeating: 404, count: 10) + [429])
        #expect(api.log.lines.filter { $0.contains("TRUSTED_PROXIES") }.count == 1)
    }

    @Test("Behind a trusted proxy each client has its own count")
    func trustedProxy() async throws {
        let api = TestAPI(trusting: ["127.0.0.1"])
        func guess(_ client: String) async throws -> Int {
            try await api.send(
                .post, "/api/rooms/accept", wrong, headers: [.xForwardedFor: "6.6.6.6, \(client)"]
            ).status
        }
        for _ in 0..<10 { #expect(try await guess("203.0.113.1") == 404) }
        #expect(try await guess("203.0.113.1") == 429)
        #expect(try await guess("203.0.113.2") == 404)
    }

    @Test("Creates and checks have their rates per address")
    func rates() async throws {
        let api = TestAPI {
            $0.createsPerMinute = 3
            $0.checksPerMinute = 5
        }
        let create = #"{"joinid":"1","client1":"a","expiresInSeconds":60}"#
        let check = #"{"joinid":"1","client1":"a"}"#
        for _ in 0..<3 {
            #expect(try await api.post("/api/rooms", create, from: "203.0.113.1").status == 201)
        }
        for _ in 0..<5 {
            #expect(try await api.post("/api/rooms/check", check, from: "203.0.113.1").status == 204)
        }
        for (path, body, wait) in [("/api/rooms", create, 20.0), ("/api/rooms/check", check, 12.0)] {
            let refused = try await api.post(path, body, from: "203.0.113.1")
            #expect(refused.status == 429)
            #expect(refused.error == "rate_limited")
            #expect(refused.number("retryAfter") == wait)
            #expect(refused.headers[.retryAfter] == String(Int(wait)))
        }
        for _ in 0..<10 { #expect(try await api.post("/api/rooms", create).status == 201) }
        #expect(
            try await api.post("/api/rooms/accept", #"{"joinid":"1","client2":"b"}"#, from: "203.0.113.1")
                .status == 200)
    }
}
