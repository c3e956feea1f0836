import Callers
import HTTPTypes
import HummingbirdCore

/// One call over HTTP: everything that is declared of it, here and nowhere else.
///
/// Dispatch, refusals, `Allow`, the answers to OPTIONS, rate limits and the values of the metrics' labels are read from
/// ``all``. HEAD and OPTIONS are not declared: GET brings HEAD with it, and every path answers OPTIONS.
struct Route: Sendable {
    /// What answers it.
    enum Handler: Sendable {
        typealias Page = @Sendable (OperationRoutes, Request, WebRequestContext) async throws -> Response
        typealias Call =
            @Sendable (PairingHandlers, Request, WebRequestContext) async throws -> (
                HTTPMetrics.Outcome, Response
            )

        /// A page for operators and their machines.
        case page(Page)
        /// A call of the pairing API, counted by its name. It exists only while pairing is on.
        case call(PairingCall, Call)
    }

    /// How often an address may call. Routes with the same reason share one count.
    struct Limit: Sendable {
        /// What a refusal is counted as.
        let reason: RateLimitReason
        /// Calls a minute.
        let perMinute: @Sendable (WebAPIConfiguration) -> Int
    }

    let method: HTTPRequest.Method
    /// Begins with a slash and does not end with one, but for `/` itself. Compared as it is, without decoding.
    let path: String
    /// Nil for a call without one, or with a gate of its own in the handler.
    let limit: Limit?
    let handler: Handler

    /// The name of the call in metrics; nil for pages.
    var call: PairingCall? {
        switch handler {
        case .page: nil
        case .call(let call, _): call
        }
    }

    /// Whether it exists only while pairing is on.
    var needsPairing: Bool { call != nil }

    private static func page(
        _ method: HTTPRequest.Method, _ path: String, _ answer: @escaping Handler.Page
    ) -> Route {
        Route(method: method, path: path, limit: nil, handler: .page(answer))
    }

    private static func call(
        _ method: HTTPRequest.Method, _ path: String, _ call: PairingCall, limit: Limit?,
        _ answer: @escaping Handler.Call
    ) -> Route {
        Route(method: method, path: path, limit: limit, handler: .call(call, answer))
    }
}

extension Route {
    /// Every call of the server, in the order of the documents.
    static let all: [Route] = [
        page(.get, "/") { $0.front($1, $2) },
        page(.get, "/rooms") { try await $0.rooms($1, $2) },
        page(.get, "/healthz") { $0.health($1, $2) },
        page(.get, "/readyz") { try await $0.readiness($1, $2) },
        page(.get, "/metrics") { try $0.metrics($1, $2) },
        call(.post, "/api/rooms", .create, limit: .creates) { try await $0.rooms.create($1, $2) },
        // Its limit is the gate that counts guesses.
        call(.post, "/api/rooms/accept", .accept, limit: nil) { try await $0.rooms.accept($1, $2) },
        call(.post, "/api/rooms/check", .check, limit: .checks) { try await $0.rooms.check($1, $2) },
        call(.get, "/api/rooms", .get, limit: .rooms) { try await $0.rooms.room($1, $2) },
        call(.delete, "/api/rooms", .delete, limit: .rooms) { try await $0.rooms.delete($1, $2) },
        call(.post, "/api/user/purge", .purge, limit: .purges) { try await $0.rooms.purge($1, $2) },
        call(.get, "/api/ice-servers", .iceServers, limit: .iceServers) {
            try await $0.iceServers.answer($1, $2)
        },
    ]
}

extension Route.Limit {
    static let creates = Self(reason: .creates) { $0.createsPerMinute }
    static let checks = Self(reason: .checks) { $0.checksPerMinute }
    /// Lookups and deletions by room id.
    static let rooms = Self(reason: .rooms) { $0.checksPerMinute }
    static let purges = Self(reason: .purges) { max(1, $0.createsPerMinute / 10) }
    static let iceServers = Self(reason: .iceServers) { $0.iceServersPerMinute }
}

/// What the calls of the pairing API are methods of.
struct PairingHandlers: Sendable {
    let rooms: PairingRoutes
    let iceServers: ICEServerRoute
}
