import Telemetry

/// What a metric means, for the `HELP` lines and for `docs/operations.md`.
struct MetricDescription {
    enum Kind: String {
        case counter, gauge, histogram
    }

    let name: String
    let kind: Kind
    var labels: [String] = []
    let help: String
    /// Upper bounds of a histogram's buckets; nil keeps those of timers.
    var bounds: [Double]?
}

extension MetricDescription {
    /// Every metric of the server but those of the process, which have the names that all Prometheus clients use.
    static let all: [MetricDescription] = connections + signaling + pairing + own

    private static let connections = [
        MetricDescription(
            name: "switchboard_connections_refused_total", kind: .counter, labels: ["reason"],
            help: "Connections refused because a limit of connections was reached."),
        MetricDescription(
            name: "switchboard_websocket_sessions", kind: .gauge, help: "Open WebSocket sessions."),
        MetricDescription(
            name: "switchboard_websocket_sessions_opened_total", kind: .counter,
            help: "WebSocket sessions opened."),
        MetricDescription(
            name: "switchboard_websocket_sessions_ended_total", kind: .counter, labels: ["reason"],
            help: "WebSocket sessions that ended, by what ended them."),
        MetricDescription(
            name: "switchboard_http_requests_total", kind: .counter, labels: ["route", "status"],
            help: "HTTP requests answered, by route and class of status."),
        MetricDescription(
            name: "switchboard_http_refusals_total", kind: .counter, labels: ["reason"],
            help: "HTTP requests refused, by reason."),
    ]

    private static let signaling = [
        MetricDescription(name: "switchboard_rooms", kind: .gauge, help: "Live rooms."),
        MetricDescription(
            name: "switchboard_signaling_messages_total", kind: .counter, labels: ["type"],
            help: "Messages received, by type."),
        MetricDescription(
            name: "switchboard_signaling_forwarded_total", kind: .counter,
            help: "Messages handed to the other peer's socket."),
        MetricDescription(
            name: "switchboard_signaling_refusals_total", kind: .counter, labels: ["reason"],
            help: "Messages answered with an error, by its code."),
        MetricDescription(
            name: forwardSeconds, kind: .histogram,
            help: "Time from reading a message to handing it to the other peer's socket."),
    ]

    private static let pairing = [
        MetricDescription(
            name: "switchboard_pairing_calls_total", kind: .counter, labels: ["call", "outcome"],
            help: "Calls of the pairing API, by call and outcome."),
        MetricDescription(
            name: "switchboard_pairing_swept_total", kind: .counter,
            help: "Expired invitations that the sweep deleted."),
        MetricDescription(
            name: "switchboard_store_seconds", kind: .histogram, labels: ["call"],
            help: "Time that the store took for a call, its wait for a transaction included."),
        MetricDescription(
            name: "switchboard_store_transaction_seconds", kind: .histogram,
            help: "Time of a write transaction, commit included."),
        MetricDescription(
            name: "switchboard_store_batch_calls", kind: .histogram,
            help: "Store calls that one transaction carried together.",
            bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256]),
        MetricDescription(
            name: "switchboard_store_calls_total", kind: .counter, labels: ["outcome"],
            help: "Store calls in write transactions, by what became of the transaction."),
    ]

    private static let own = [
        MetricDescription(
            name: buildInfo, kind: .gauge, labels: ["version"], help: "The version that runs; always 1."),
        MetricDescription(
            name: droppedLogLines, kind: .counter,
            help: "Log lines dropped because standard error was too slow."),
        MetricDescription(
            name: "switchboard_metrics_dropped_series_total", kind: .counter,
            help: "Series that were not kept because too many exist or their name has another type."),
    ]

    static let forwardSeconds = "switchboard_signaling_forward_seconds"
    static let buildInfo = "switchboard_build_info"
    static let droppedLogLines = "switchboard_log_lines_dropped_total"

    /// The metrics as `docs/operations.md` shows them.
    static func markdown() -> String {
        var text = "\n| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n"
        for metric in all {
            let labels = metric.labels.map { "`\($0)`" }.joined(separator: ", ")
            text +=
                "| `\(metric.name)` | \(metric.kind.rawValue) | \(labels.isEmpty ? "–" : labels) | \(metric.help) |\n"
        }
        return text
    }
}

extension MetricsRegistry {
    /// Says what the server's metrics mean, for the `HELP` lines.
    func describeServerMetrics() {
        for metric in MetricDescription.all {
            describe(metric.name, help: metric.help, bounds: metric.bounds)
        }
    }
}
