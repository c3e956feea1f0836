package import MetricDescriptions

/// What the web server counts, in the order of the documents.
package enum WebServerMetrics {
    /// Connections, sessions, TLS, HTTP, rooms and messages.
    package static let serving: [MetricDescription] =
        ConnectionMetrics.descriptions + SignalingMetrics.sessionDescriptions + TLSService.descriptions
        + ConnectionMetrics.handOverDescriptions + HTTPMetrics.descriptions + SignalingMetrics.descriptions
    /// Calls of the pairing API.
    package static let calls: [MetricDescription] = HTTPMetrics.callDescriptions
    /// The store, as the calls see it.
    package static let store: [MetricDescription] = HTTPMetrics.storeDescriptions

    /// The histogram that ``WebServerTelemetry/forwardLatency`` adds to.
    package static let forwardSeconds = SignalingMetrics.forwardSeconds
}
