import MetricDescriptions
import Metrics
import Pairing

/// What the database's transactions look like to an operator.
struct StoreMetrics: Sendable {
    static let descriptions: [MetricDescription] = [
        MetricDescription(
            name: "switchboard_store_transaction_seconds", kind: .histogram,
            help: "Time of a write transaction, commit included."),
        MetricDescription(
            name: "switchboard_store_batch_calls", kind: .histogram,
            help: "Store calls that one transaction carried together.",
            bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256]),
        MetricDescription(
            name: "switchboard_store_calls_total", kind: .counter,
            labels: [.init("outcome", ["committed", "failed"])],
            help: "Store calls in write transactions, by what became of the transaction."),
    ]

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
