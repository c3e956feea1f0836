import HTTPTypes
package import Hummingbird
import Logging
package import Metrics

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
            metrics: metrics, failures: failures))
    if let store = services.pairing {
        PairingRoutes(store: store, configuration: configuration, metrics: metrics, failures: failures)
            .add(to: router)
    }
    let health = services.pairing.map { StoreHealth(store: $0, timeout: configuration.readinessTimeout) }
    OperationRoutes(services: services, adminToken: configuration.adminToken, storeHealth: health)
        .add(to: router)
    return router.buildResponder()
}
