import Logging
import MetricDescriptions
import Metrics
import Pairing
import ServiceLifecycle

/// Deletes expired invitations now and then. They are invisible already; this only keeps the store small.
///
/// A store that fails is logged once, and once more when it works again.
struct SweepService: Service {
    static let descriptions: [MetricDescription] = [
        MetricDescription(
            name: "switchboard_pairing_swept_total", kind: .counter,
            help: "Expired invitations that the sweep deleted.")
    ]

    let store: any PairingStore
    let interval: Duration
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            let swept = Counter(label: "switchboard_pairing_swept_total")
            var isFailing = false
            while !Task.isCancelled {
                do throws(PairingStoreError) {
                    swept.increment(by: try await store.sweepExpired(now: .now()))
                    if isFailing {
                        logger.notice("sweep works again")
                        isFailing = false
                    }
                } catch {
                    if !isFailing {
                        logger.error("sweep failed", metadata: ["error": "\(error)"])
                        isFailing = true
                    }
                }
                try? await Task.sleep(for: interval)
            }
        }
    }
}
