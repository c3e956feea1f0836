import Telemetry

extension MetricsRegistry {
    /// Says what the server's metrics mean, for the `HELP` lines.
    func describeServerMetrics() {
        describe("switchboard_pairing_swept_total", help: "Expired invitations that the sweep deleted.")
        describe(
            "switchboard_store_transaction_seconds", help: "Time of a write transaction, commit included.")
        describe(
            "switchboard_store_calls_total", help: "Store calls that wrote, by outcome of their transaction.")
        describe(
            "switchboard_store_batch_calls", help: "Store calls that one transaction committed together.",
            bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256])
    }
}
