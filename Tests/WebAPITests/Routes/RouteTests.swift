import HTTPTypes
import Pairing
import TestSupport
import Testing

@testable import WebAPI

@Suite("The table of routes")
struct RouteTests {
    private static let methods: [HTTPRequest.Method] = [
        .get, .head, .post, .put, .patch, .delete, .options, .trace,
    ]

    @Test("A method of a path is declared once, and a call of the pairing API once")
    func unique() {
        #expect(Set(Route.all.map { "\($0.method) \($0.path)" }).count == Route.all.count)
        #expect(Route.all.compactMap(\.call) == PairingCall.allCases)
    }

    @Test("Allow lists what is declared, with HEAD beside GET and with OPTIONS")
    func allow() {
        let allowed = Dictionary(uniqueKeysWithValues: Resource.all.map { ($0.path, $0.allow) })
        #expect(
            allowed == [
                "/": "GET, HEAD, OPTIONS", "/rooms": "GET, HEAD, OPTIONS", "/healthz": "GET, HEAD, OPTIONS",
                "/readyz": "GET, HEAD, OPTIONS", "/metrics": "GET, HEAD, OPTIONS",
                "/api/rooms": "GET, HEAD, POST, DELETE, OPTIONS", "/api/rooms/accept": "POST, OPTIONS",
                "/api/rooms/check": "POST, OPTIONS", "/api/user/purge": "POST, OPTIONS",
                "/api/ice-servers": "GET, HEAD, OPTIONS",
            ])
        #expect(Resource.allowAnywhere == "GET, HEAD, POST, DELETE, OPTIONS")
        for route in Route.all {
            let methods = Resource.at(route.path)?.methods ?? []
            #expect(methods.contains(route.method), "\(route.path) \(route.method)")
        }
    }

    @Test("Every route reaches its handler, with a slash behind its path too", arguments: Route.all)
    func reaches(route: Route) async throws {
        let slashed = route.path == "/" ? route.path : route.path + "/"
        let methods = route.method == .get ? [.get, .head] : [route.method]
        for path in [route.path, slashed] {
            for method in methods { try await reaches(route, method, path) }
        }
    }

    private func reaches(_ route: Route, _ method: HTTPRequest.Method, _ path: String) async throws {
        let api = TestAPI(
            // The handlers name their calls to the store, which fails each.
            store: StubStore(failure: PairingStoreError(.unavailable, "locked")),
            services: { $0.server.metrics = "switchboard_up 1\n" })
        let sample = route.sample
        let answer = try await api.send(method, path + sample.query, sample.body)
        #expect(answer.status == sample.status, "\(method) \(path)")
        if method == .head {
            #expect(answer.body.isEmpty)
            #expect(answer.headers[.contentLength] != "0")
        } else {
            #expect(answer.body.contains(sample.answer), "\(path): \(answer.body)")
        }
        let calls = api.metrics.series.filter { $0.contains("{call=") }
        let name = route.call.map(\.rawValue)
        #expect(
            calls
                == (name.map {
                    [
                        "switchboard_pairing_calls_total{call=\($0),outcome=unavailable}",
                        "switchboard_store_seconds{call=\($0)}",
                    ]
                } ?? []))
        let status = sample.status / 100
        #expect(
            api.metrics[
                "switchboard_http_requests_total{route=\(route.path),status=\(status)xx}"] == 1)
    }

    @Test("A method that is not declared is 405 with Allow, and OPTIONS is answered", arguments: Resource.all)
    func otherMethods(resource: Resource) async throws {
        let api = TestAPI()
        for method in Self.methods where !resource.methods.contains(method) {
            let refused = try await api.send(method, resource.path, "{}")
            #expect(refused.status == 405, "\(method)")
            if method != .head { #expect(refused.error == "method_not_allowed", "\(method)") }
            #expect(refused.headers[.allow] == resource.allow)
        }
        let options = try await api.send(.options, resource.path)
        #expect(options.status == 204 && options.body.isEmpty)
        #expect(options.headers[.allow] == resource.allow)
        #expect(
            options.headers[.accessControlAllowMethods] == (resource.needsPairing ? resource.allow : nil))
    }

    @Test("While pairing is off its methods are 404 all alike, but OPTIONS", arguments: Resource.all)
    func pairingOff(resource: Resource) async throws {
        let api = TestAPI(store: nil)
        for method in Self.methods where method != .options && method != .head {
            let answer = try await api.send(method, resource.path, "{}")
            #expect((answer.error == "pairing_disabled") == resource.needsPairing, "\(method)")
            if resource.needsPairing { #expect(answer.status == 404) }
        }
        let options = try await api.send(.options, resource.path)
        #expect(options.status == 204 && options.headers[.allow] == resource.allow)
    }

    @Test(
        "A path is taken as it is sent: what is not declared is 404, whatever the method",
        arguments: [
            "//", "/rooms//", "/api", "/api/", "/api/rooms//", "//api/rooms", "/api//rooms", "/API/rooms",
            "/api/%72ooms", "/api%2Frooms", "/api/rooms/accept/x", "/api/./rooms", "/api/rooms/..",
            "/api/rooms;x",
            "/*", "/{x}", "/ws/x", "/healthz%20", "/he\u{301}althz",
        ])
    func unknownPaths(path: String) async throws {
        let api = TestAPI()
        for method in Self.methods {
            let refused = try await api.send(method, path, "{}")
            #expect(refused.status == 404, "\(method)")
            if method != .head { #expect(refused.error == "not_found", "\(method)") }
        }
        #expect(
            api.metrics["switchboard_http_requests_total{route=unknown,status=4xx}"]
                == Int64(Self.methods.count))
    }

    @Test("Each call has its limit; an accept has a gate of its own")
    func declaredLimits() {
        var configuration = WebAPIConfiguration()
        configuration.createsPerMinute = 50
        configuration.checksPerMinute = 70
        configuration.iceServersPerMinute = 90
        let limits = Route.all.compactMap { route in
            route.call.map { call in
                guard let limit = route.limit else { return "\(call): none" }
                return "\(call): \(limit.perMinute(configuration)) \(limit.reason)"
            }
        }
        #expect(
            limits == [
                "create: 50 creates", "accept: none", "check: 70 checks", "get: 70 rooms", "delete: 70 rooms",
                "purge: 5 purges", "iceServers: 90 iceServers",
            ])
    }

    @Test("A limit counts for the routes that share it, and for no other", arguments: Route.all)
    func limits(route: Route) async throws {
        let caller = "203.0.113.1"
        let api = TestAPI(configure: { configuration in
            configuration.createsPerMinute = 1
            configuration.checksPerMinute = 1
            configuration.iceServersPerMinute = 1
        })
        func send(_ route: Route) async throws -> TestAPI.Answer {
            try await api.send(
                route.method, route.path + route.sample.query, route.sample.body, from: caller)
        }
        #expect(try await send(route).status != 429)
        for other in Route.all {
            let isShared = route.limit != nil && other.limit?.reason == route.limit?.reason
            guard isShared || other.limit == nil else { continue }
            let status = try await send(other).status
            #expect((status == 429) == isShared, "\(other.method) \(other.path)")
        }
        if let reason = route.limit?.reason.rawValue {
            #expect(api.metrics["switchboard_http_refusals_total{reason=\(reason)}"] > 0)
        }
        for other in Route.all where other.limit != nil && other.limit?.reason != route.limit?.reason {
            let isFirst = other.limit?.reason != .rooms || other.method == .get
            guard isFirst else { continue }
            let status = try await send(other).status
            #expect(status != 429, "\(other.method) \(other.path)")
        }
    }
}

extension Route {
    /// A request that the handler answers at once, and what it answers while the store fails.
    fileprivate var sample: (query: String, body: String?, status: Int, answer: String) {
        let failure = (503, #""error":"unavailable""#)
        switch call {
        case .create:
            return ("", #"{"joinid":"1","client1":"a","expiresInSeconds":60}"#, failure.0, failure.1)
        case .accept: return ("", #"{"joinid":"1","client2":"b"}"#, failure.0, failure.1)
        case .check: return ("", #"{"joinid":"1","client1":"a"}"#, failure.0, failure.1)
        case .get, .delete: return ("?roomid=1", nil, failure.0, failure.1)
        case .purge: return ("", #"{"deviceId":"a"}"#, failure.0, failure.1)
        case .iceServers: return ("?roomid=1&client=a", nil, failure.0, failure.1)
        case nil: break
        }
        switch path {
        case "/": return ("", nil, 200, "Switchboard is running")
        case "/rooms": return ("", nil, 200, #""totalRooms":0"#)
        case "/healthz": return ("", nil, 200, #"{"status":"ok"}"#)
        case "/readyz": return ("", nil, failure.0, failure.1)
        case "/metrics": return ("", nil, 200, "switchboard_up 1")
        default: return ("", nil, 0, "a route without a sample")
        }
    }
}

extension Route: CustomTestStringConvertible {
    var testDescription: String { "\(method) \(path)" }
}

extension Resource: CustomTestStringConvertible {
    var testDescription: String { path }
}
