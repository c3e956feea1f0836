package import MetricDescriptions

/// What the routes count, in the order of the documents.
package enum WebAPIMetrics {
    /// HTTP requests.
    ///
    /// - Parameter early: the reasons of refusals that never reach a route.
    package static func requests(refusedBefore early: [String]) -> [MetricDescription] {
        HTTPMetrics.descriptions(refusedBefore: early)
    }

    /// Calls of the pairing API.
    package static let calls: [MetricDescription] = HTTPMetrics.callDescriptions
    /// The store, as the calls see it.
    package static let store: [MetricDescription] = HTTPMetrics.storeDescriptions
}
