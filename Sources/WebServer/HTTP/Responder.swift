import Callers
import Logging
import Logs
import Metrics
import Pairing

/// Builds what answers HTTP requests: the pairing API, the operator's pages, and every refusal.
///
/// - Parameters:
///   - configuration: limits, origins, admin token.
///   - services: what the answers come from; a nil store switches the pairing API off.
///   - metrics: where counters go; default the system's factory at the time of the call.
func makeResponder(
    configuration: HTTPConfiguration, services: WebServices,
    metrics factory: any MetricsFactory = MetricsSystem.factory
) -> RouteResponder {
    let metrics = HTTPMetrics(factory: factory)
    let failures = LogThrottle()
    let pairing = services.pairing.map { store in
        let caller = StoreCaller(store: store, metrics: metrics, failures: failures)
        let admission = AdmissionCaller(admission: services.admission, failures: failures)
        return PairingHandlers(
            rooms: PairingRoutes(
                store: caller, admission: admission, notices: services.acceptNotices,
                configuration: configuration),
            iceServers: ICEServerRoute(store: caller, admission: admission, relay: services.relay))
    }
    let operation = OperationRoutes(
        services: services, adminToken: configuration.adminToken,
        storeHealth: services.pairing.map { store in
            HealthCheck(timeout: configuration.readinessTimeout) { await store.isHealthy(failures) }
        },
        relayHealth: services.relay.isHealthy.map { isHealthy in
            HealthCheck(
                timeout: configuration.readinessTimeout, freshFor: configuration.relayHealthFreshFor,
                isHealthy)
        })
    return RouteResponder(
        operation: operation, pairing: pairing, limiters: RouteLimiters(configuration),
        cors: CORSPolicy(origins: configuration.allowedOrigins), pages: services.pages, metrics: metrics,
        failures: failures)
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
