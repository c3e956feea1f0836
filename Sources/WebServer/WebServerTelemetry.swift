import SessionLoops

/// What the server tells the outside world about itself, apart from swift-metrics.
package struct WebServerTelemetry: Sendable {
    /// Upper bounds in seconds of the buckets that ``forwardLatency`` reports; one more bucket takes the rest.
    package static var forwardLatencyBounds: [Double] { SessionCounters.latencyBounds }

    /// Adds to a histogram of the time from reading a message to handing it to the peer's socket.
    package var forwardLatency: @Sendable (_ bucketCounts: [UInt64], _ sumSeconds: Double) -> Void

    /// - Parameter forwardLatency: called from any thread; it must not block.
    package init(
        forwardLatency: @escaping @Sendable (_ bucketCounts: [UInt64], _ sumSeconds: Double) -> Void
    ) {
        self.forwardLatency = forwardLatency
    }
}
