import MetricDescriptions
import RelayServer
import Telemetry
import WebAPI
import WebServer

extension MetricDescription {
    /// Every metric of the server but those of the process, which have the names that all Prometheus clients use.
    static let all: [MetricDescription] =
        WebServerMetrics.connections
        + WebAPIMetrics.requests(refusedBefore: WebServerMetrics.refusalReasons) + WebServerMetrics.signaling
        + WebAPIMetrics.calls + SweepService.descriptions + WebAPIMetrics.store + StoreMetrics.descriptions
        + RelayServer.metrics + build + TelemetryMetrics.descriptions

    static let buildInfo = "switchboard_build_info"

    private static let build: [MetricDescription] = [
        MetricDescription(
            name: buildInfo, kind: .gauge, labels: [.init("version", [Version.current])],
            help: "The version that runs; always 1.")
    ]

    /// The metrics as `docs/operations.md` shows them.
    static func markdown() -> String {
        var text = "\n| Metric | Type | Labels and their values | Meaning |\n|---|---|---|---|\n"
        for metric in all {
            let labels = metric.labels.map { label in
                "`\(label.name)`: " + label.values.map { "`\($0)`" }.joined(separator: ", ")
            }.joined(separator: "; ")
            text +=
                "| `\(metric.name)` | \(metric.kind.rawValue) | \(labels.isEmpty ? "–" : labels) | \(metric.help) |\n"
        }
        return text
    }
}
