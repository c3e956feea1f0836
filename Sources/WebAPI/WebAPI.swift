package import Access
package import Callers
package import HummingbirdCore
import Logging
import Logs
package import Metrics
package import Pairing
import Requests

/// Answers HTTP requests: the pairing API, the operator's pages, the files of the web pages, and every refusal.
package struct WebAPI: Sendable {
    let responder: RouteResponder
    let notices: AcceptNotices

    /// - Parameters:
    ///   - configuration: limits, origins, admin token.
    ///   - pairing: the store; nil switches the pairing API off.
    ///   - admission: decides which calls may be made; by default every caller may make every call.
    ///   - server: what the operator's pages tell of.
    ///   - iceServers: what members of rooms are told; nil tells of none.
    ///   - relayHealth: whether the relay works, for `/readyz`; nil when there is none here.
    ///   - pages: the pages and the client module; nil serves none.
    ///   - factory: where counters go; default the system's at the time of the call.
    package init(
        configuration: WebAPIConfiguration, pairing: (any PairingStore)?,
        admission: any Admission = OpenAdmission(), server: any ServerReport,
        iceServers: (any ICEServerSource)? = nil, relayHealth: (@Sendable () async -> Bool)? = nil,
        pages: WebPages? = nil, metrics factory: any MetricsFactory = MetricsSystem.factory
    ) {
        let metrics = HTTPMetrics(factory: factory)
        let failures = LogThrottle()
        let notices = AcceptNotices(pairing?.events)
        self.notices = notices
        let handlers = pairing.map { store in
            let caller = StoreCaller(store: store, metrics: metrics, failures: failures)
            let admission = AdmissionCaller(admission: admission, failures: failures)
            return PairingHandlers(
                rooms: PairingRoutes(
                    store: caller, admission: admission, notices: notices, configuration: configuration),
                iceServers: ICEServerRoute(store: caller, admission: admission, source: iceServers))
        }
        let operation = OperationRoutes(
            server: server, pages: pages, adminToken: configuration.adminToken,
            storeHealth: pairing.map { store in
                HealthCheck(timeout: configuration.readinessTimeout) { await store.isHealthy(failures) }
            },
            relayHealth: relayHealth.map { isHealthy in
                HealthCheck(
                    timeout: configuration.readinessTimeout, freshFor: configuration.relayHealthFreshFor,
                    isHealthy)
            })
        responder = RouteResponder(
            operation: operation, pairing: handlers, limiters: RouteLimiters(configuration),
            cors: CORSPolicy(origins: configuration.allowedOrigins), pages: pages, metrics: metrics,
            failures: failures)
    }

    /// Answers a request. Throws only when there is no client left to answer.
    package func respond(to request: Request, context: WebRequestContext) async throws -> Response {
        try await responder.respond(to: request, context: context)
    }

    /// The server is about to stop: calls that wait are answered now, and none waits any more.
    package func endWaits() { notices.close() }
}

extension PairingStore {
    /// Whether it works; if not, says so in the log.
    fileprivate func isHealthy(_ failures: LogThrottle) async -> Bool {
        do throws(PairingStoreError) {
            try await checkHealth()
            return true
        } catch {
            failures.log(
                Logger(label: "switchboard"), "The pairing store failed",
                ["call": "readiness", "error": "\(error)"])
            return false
        }
    }
}
