package import MetricDescriptions

/// What logs and metrics count of themselves.
package enum TelemetryMetrics {
    /// Counted by ``LogWriter/droppedLines``.
    package static let droppedLogLines = MetricDescription(
        name: "switchboard_log_lines_dropped_total", kind: .counter,
        help: "Log lines dropped because standard error was too slow.")
    /// Counted by ``MetricsRegistry``.
    static let droppedSeries = MetricDescription(
        name: "switchboard_metrics_dropped_series_total", kind: .counter,
        help: "Series that were not kept because too many exist or their name has another type.")

    package static let descriptions: [MetricDescription] = [droppedLogLines, droppedSeries]
}
