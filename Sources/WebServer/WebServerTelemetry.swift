/// What the server tells the outside world about itself, apart from swift-metrics.
package struct WebServerTelemetry: Sendable {
    /// Upper bounds in seconds of the buckets that ``forwardLatency`` reports; one more bucket takes the rest.
    package static var forwardLatencyBounds: [Double] { LoopCounters.latencyBounds }

    /// All metrics in the Prometheus text format, for `/metrics`.
    package var metricsText: @Sendable () -> String
    /// Adds to a histogram of the time from reading a message to handing it to the peer's socket.
    package var forwardLatency: @Sendable (_ bucketCounts: [UInt64], _ sumSeconds: Double) -> Void

    /// Both are called from any thread, and must not block.
    package init(
        metricsText: @escaping @Sendable () -> String,
        forwardLatency: @escaping @Sendable (_ bucketCounts: [UInt64], _ sumSeconds: Double) -> Void
    ) {
        self.metricsText = metricsText
        self.forwardLatency = forwardLatency
    }
}
