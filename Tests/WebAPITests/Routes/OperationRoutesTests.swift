import HTTPTypes
import Pairing
import Synchronization
import TestSupport
import Testing
import Timing

@testable import WebAPI

@Suite("The operator's pages")
struct OperationRoutesTests {
    @Test("The front page is short and logs a health check")
    func front() async throws {
        let api = TestAPI()
        let page = try await api.send(.get, "/")
        #expect(page.status == 200)
        #expect(page.headers[.contentType] == "text/plain; charset=utf-8")
        #expect(!page.body.isEmpty && page.body.count < 200)
        _ = try await api.send(.head, "/")
        #expect(api.log.lines == ["info Health check suppressed=0"])
    }

    private func apiWithRooms(_ configure: (inout WebAPIConfiguration) -> Void = { _ in }) -> TestAPI {
        TestAPI(
            configure: configure,
            services: {
                $0.server.rooms = [
                    LiveRoom(id: "r\"1", memberCount: 2, isFull: true),
                    LiveRoom(id: "r2", memberCount: 1, isFull: false),
                ]
                $0.server.metrics = "switchboard_up 1\n"
            })
    }

    @Test("Live rooms are listed for direct callers on this machine only")
    func rooms() async throws {
        let api = apiWithRooms()
        let listed = try await api.send(.get, "/rooms")
        #expect(listed.status == 200)
        #expect(
            listed.body
                == #"{"rooms":[{"roomId":"r\"1","userCount":2,"full":true},{"roomId":"r2","userCount":1,"full":false}],"#
                + #""totalRooms":2}"#)
        let remote = try await api.send(.get, "/rooms", from: "203.0.113.1")
        #expect(remote.status == 403 && remote.error == "forbidden")
        for (name, value) in [
            ("X-Forwarded-For", "127.0.0.1"), ("Forwarded", "for=127.0.0.1"), ("X-Real-IP", "127.0.0.1"),
            ("Via", "1.1 x"), ("X-Forwarded-Host", "localhost"), ("Origin", "https://evil.example"),
            ("Origin", "null"), ("Sec-Fetch-Site", "cross-site"),
        ] {
            let field = HTTPField(name: try #require(HTTPField.Name(name)), value: value)
            let other = try await api.send(.get, "/rooms", headers: HTTPFields([field]))
            #expect(other.status == 403, "\(name)")
        }
        #expect(try await api.send(.get, "/rooms", host: "rebind.example").status == 403)
        let own = try await api.send(.get, "/rooms", headers: [.origin: "http://localhost"])
        #expect(own.status == 200)
        #expect(try await TestAPI().send(.get, "/rooms").body == #"{"rooms":[],"totalRooms":0}"#)
    }

    @Test("With an admin token, rooms and metrics need it, from this machine too")
    func adminToken() async throws {
        let api = apiWithRooms { $0.adminToken = AdminToken("s3cret") }
        for path in ["/rooms", "/metrics"] {
            for credentials in [
                "", "s3cret", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cret2", "Bearer S3CRET",
                "Basic s3cret",
            ] {
                let headers: HTTPFields = credentials.isEmpty ? [:] : [.authorization: credentials]
                let refused = try await api.send(.get, path, headers: headers)
                #expect(refused.status == 401)
                #expect(refused.error == "unauthorized")
                #expect(refused.headers[.wwwAuthenticate] == "Bearer")
            }
            for scheme in ["Bearer", "bearer"] {
                let headers: HTTPFields = [.authorization: "\(scheme) s3cret"]
                #expect(try await api.send(.get, path, headers: headers, from: "203.0.113.1").status == 200)
            }
        }
        for line in api.log.lines { #expect(!line.contains("s3cret")) }
    }

    @Test("Printing a token shows nothing of it, and no text makes none")
    func tokenText() throws {
        let token = try #require(AdminToken("s3cret"))
        #expect("\(token) \(String(reflecting: token))".contains("s3cret") == false)
        #expect(AdminToken("") == nil)
        #expect(token.matches("s3cret") && !token.matches("") && !token.matches("s3crets3cret"))
    }

    @Test("Without an admin token metrics are open")
    func metrics() async throws {
        let page = try await apiWithRooms().send(.get, "/metrics", from: "203.0.113.1")
        #expect(page.status == 200)
        #expect(page.headers[.contentType] == "text/plain; version=0.0.4; charset=utf-8")
        #expect(page.body == "switchboard_up 1\n")
    }

    @Test("Health says nothing about the store, readiness does")
    func healthAndReadiness() async throws {
        let good = TestAPI()
        #expect(try await good.send(.get, "/healthz").body == #"{"status":"ok"}"#)
        #expect(try await good.send(.get, "/readyz").body == #"{"status":"ready"}"#)
        let bad = TestAPI(store: StubStore(failure: PairingStoreError(.unavailable, "locked")))
        #expect(try await bad.send(.get, "/healthz").status == 200)
        let refused = try await bad.send(.get, "/readyz")
        #expect(refused.status == 503 && refused.error == "unavailable")
    }

    @Test("A relay that fails its self-test makes the server unready")
    func relayReadiness() async throws {
        let api = TestAPI(services: { $0.relayHealth = { false } })
        let refused = try await api.send(.get, "/readyz")
        #expect(refused.status == 503 && refused.error == "unavailable")
        #expect(try await api.send(.get, "/healthz").status == 200)
    }

    @Test("A server that is shutting down is not ready, still answers, and ends its connections")
    func draining() async throws {
        let api = TestAPI(services: { $0.server.isDraining = true })
        let refused = try await api.send(.get, "/readyz")
        #expect(refused.status == 503 && refused.error == "unavailable")
        let health = try await api.send(.get, "/healthz")
        #expect(health.status == 200)
        #expect(health.headers[.connection] == "close")
    }

    @Test("A store that hangs makes the server unready in time, and is asked once however many ask")
    func hangingStore() async throws {
        let store = StubStore(failure: nil)
        let api = TestAPI(store: store) { $0.readinessTimeout = .milliseconds(50) }
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 { group.addTask { try await api.send(.get, "/readyz").status } }
            for try await status in group { #expect(status == 503) }
        }
        let limit = ContinuousClock.now + .seconds(120)
        while store.waiting == 0, ContinuousClock.now < limit { await Task.yield() }
        #expect(store.waiting == 1)
        store.releaseAll()
        var status = 503
        while status != 200, ContinuousClock.now < limit {
            status = try await api.send(.get, "/readyz").status
        }
        #expect(status == 200)
    }
}
