package import MetricDescriptions

/// What the web server counts, in the order of the documents.
package enum WebServerMetrics {
    /// Connections, sessions and TLS.
    package static let connections: [MetricDescription] =
        ConnectionMetrics.descriptions + SignalingMetrics.sessionDescriptions + TLSService.descriptions
        + ConnectionMetrics.handOverDescriptions
    /// Rooms and messages.
    package static let signaling: [MetricDescription] = SignalingMetrics.descriptions

    /// The reasons of `switchboard_http_refusals_total` that are counted before a request is answered.
    package static let refusalReasons = ConnectionMetrics.refusalReasons

    /// The histogram that ``WebServerTelemetry/forwardLatency`` adds to.
    package static let forwardSeconds = SignalingMetrics.forwardSeconds
}
