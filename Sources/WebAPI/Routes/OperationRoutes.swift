import Callers
import HTTPTypes
import HummingbirdCore
import JSON
import Logging
import Logs
import Requests

/// The pages for operators and their machines: front page, live rooms, health, readiness, metrics.
struct OperationRoutes: Sendable {
    /// Live rooms that `/rooms` lists; `totalRooms` counts all.
    static let maxListedRooms = 10_000

    /// Load balancers ask for the front page every few seconds.
    private let healthChecks = LogThrottle(interval: .seconds(3_600), level: .info)

    let server: any ServerReport
    /// Nil serves none.
    let pages: WebPages?
    let adminToken: AdminToken?
    /// Nil while pairing is off.
    let storeHealth: HealthCheck?
    /// Nil when there is no relay here.
    let relayHealth: HealthCheck?

    init(
        server: any ServerReport, pages: WebPages?, adminToken: AdminToken?, storeHealth: HealthCheck?,
        relayHealth: HealthCheck?
    ) {
        self.server = server
        self.pages = pages
        self.adminToken = adminToken
        self.storeHealth = storeHealth
        self.relayHealth = relayHealth
    }

    func front(_ request: Request, _ context: WebRequestContext) -> Response {
        healthChecks.log(context.logger, "Health check")
        if let page = pages?.front(request) { return page }
        return .text("Switchboard is running. WebSocket clients connect to this path.\n")
    }

    /// `GET /rooms`. Without an admin token for this machine only.
    func rooms(_ request: Request, _ context: WebRequestContext) async throws -> Response {
        if let adminToken {
            try authorize(request, adminToken)
        } else if !context.origin.isLocal {
            throw APIError.forbidden
        }
        let rooms = await server.rooms(limit: Self.maxListedRooms).map { room in
            var object = JSONObjectWriter()
            object.add("roomId", room.id)
            object.add("userCount", room.memberCount)
            object.add("full", room.isFull)
            return object
        }
        var answer = JSONObjectWriter()
        answer.add("rooms", rooms)
        answer.add("totalRooms", max(rooms.count, server.roomCount))
        return .json(.ok, answer)
    }

    func health(_ request: Request, _ context: WebRequestContext) -> Response {
        Self.status("ok")
    }

    /// `GET /readyz`. Ready while the store answers, the relay relays, and the server is not shutting down.
    func readiness(_ request: Request, _ context: WebRequestContext) async throws -> Response {
        if server.isDraining { throw APIError.draining }
        if let storeHealth, await !storeHealth.isHealthy() { throw APIError.unavailable }
        if let relayHealth, await !relayHealth.isHealthy() { throw APIError.relayFails }
        var answer = JSONObjectWriter()
        answer.add("status", "ready")
        if relayHealth != nil { answer.add("relay", "ready") }
        return .json(.ok, answer)
    }

    /// `GET /metrics`. Public unless an admin token is set: metrics hold neither ids nor addresses.
    func metrics(_ request: Request, _ context: WebRequestContext) throws -> Response {
        if let adminToken { try authorize(request, adminToken) }
        return .text(server.metricsText(), contentType: "text/plain; version=0.0.4; charset=utf-8")
    }

    private func authorize(_ request: Request, _ token: AdminToken) throws(APIError) {
        let credentials = request.headers[.authorization] ?? ""
        let parts = credentials.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer",
            token.matches(parts[1].trimmingOptionalWhitespace())
        else { throw .unauthorized }
    }

    private static func status(_ word: String) -> Response {
        var answer = JSONObjectWriter()
        answer.add("status", word)
        return .json(.ok, answer)
    }
}
