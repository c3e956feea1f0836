import HTTPTypes
package import Hummingbird
import Logging
package import Metrics
import Pairing

/// Builds what answers HTTP requests: the pairing API, the operator's pages, and every refusal.
///
/// - Parameters:
///   - configuration: limits, origins, admin token.
///   - services: what the answers come from; a nil store switches the pairing API off.
///   - metrics: where counters go; default the system's factory at the time of the call.
package func makeResponder(
    configuration: HTTPConfiguration, services: WebServices,
    metrics factory: any MetricsFactory = MetricsSystem.factory
) -> some HTTPResponder<WebRequestContext> {
    let metrics = HTTPMetrics(factory: factory)
    let failures = LogThrottle()
    let router = Router(context: WebRequestContext.self, options: .autoGenerateHeadEndpoints)
    router.add(
        middleware: RefusalMiddleware(
            cors: CORSPolicy(origins: configuration.allowedOrigins), isPairingOn: services.pairing != nil,
            pages: services.pages, metrics: metrics, failures: failures))
    if let store = services.pairing {
        let caller = StoreCaller(store: store, metrics: metrics, failures: failures)
        let admission = AdmissionCaller(admission: services.admission, failures: failures)
        PairingRoutes(
            store: caller, admission: admission, notices: services.acceptNotices,
            configuration: configuration, metrics: metrics
        ).add(to: router)
        ICEServerRoute(
            store: caller, admission: admission, relay: services.relay, configuration: configuration,
            metrics: metrics
        ).add(to: router)
    }
    OperationRoutes(
        services: services, adminToken: configuration.adminToken,
        storeHealth: services.pairing.map { store in
            HealthCheck(timeout: configuration.readinessTimeout) { await store.isHealthy(failures) }
        },
        relayHealth: services.relay.isHealthy.map { isHealthy in
            HealthCheck(
                timeout: configuration.readinessTimeout, freshFor: configuration.relayHealthFreshFor,
                isHealthy)
        }
    ).add(to: router)
    return router.buildResponder()
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
