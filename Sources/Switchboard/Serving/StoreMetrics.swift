import Metrics
import Pairing

/// What the database's transactions look like to an operator.
struct StoreMetrics: Sendable {
    private let duration = Timer(label: "switchboard_store_transaction_seconds")
    private let committedCalls = Counter(
        label: "switchboard_store_calls_total", dimensions: [("outcome", "committed")])
    private let failedCalls = Counter(
        label: "switchboard_store_calls_total", dimensions: [("outcome", "failed")])
    private let batch = Recorder(label: "switchboard_store_batch_calls")

    /// Counts one write transaction.
    func record(_ report: TransactionReport) {
        let (seconds, attoseconds) = report.duration.components
        duration.recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
        batch.record(report.calls)
        (report.error == nil ? committedCalls : failedCalls).increment(by: report.calls)
    }
}
