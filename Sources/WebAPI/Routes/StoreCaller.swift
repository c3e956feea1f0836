import Logging
import Logs
import Pairing

/// Calls the store for a route: measures, and turns its errors into refusals and log lines.
struct StoreCaller: Sendable {
    let store: any PairingStore
    let metrics: HTTPMetrics
    let failures: LogThrottle

    func call<Outcome: Sendable>(
        _ call: PairingCall, _ logger: Logger,
        _ body: (any PairingStore) async throws(PairingStoreError) -> Outcome
    ) async throws(APIError) -> Outcome {
        let start = ContinuousClock.now
        defer { metrics.storeAnswered(call, after: start.duration(to: .now)) }
        do {
            return try await body(store)
        } catch {
            failures.log(
                logger, "The pairing store failed", ["call": "\(call.rawValue)", "error": "\(error)"])
            throw error.code == .unavailable ? .unavailable : .internal
        }
    }
}
