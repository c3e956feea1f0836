import MetricDescriptions

extension HTTPMetrics {
    /// What is counted of HTTP requests.
    ///
    /// - Parameter early: the reasons of refusals that never reach a route, which are counted by the same metric.
    static func descriptions(refusedBefore early: [String]) -> [MetricDescription] {
        [
            MetricDescription(
                name: "switchboard_http_requests_total", kind: .counter,
                labels: [
                    .init("route", Resource.all.map(\.path) + [unknownRoute]),
                    .init("status", ["2xx", "4xx", "5xx"]),
                ],
                help: "HTTP requests answered, by route and class of status."),
            MetricDescription(
                name: "switchboard_http_refusals_total", kind: .counter,
                labels: [.init("reason", refusalReasons(early))],
                help: "HTTP requests and WebSocket handshakes refused, by error or by the limit reached."),
        ]
    }

    /// What is counted of calls of the pairing API.
    static let callDescriptions: [MetricDescription] = [
        MetricDescription(
            name: "switchboard_pairing_calls_total", kind: .counter,
            labels: [
                .init("call", calls),
                .init("outcome", callOutcomes),
            ],
            help: "Calls of the pairing API, by call and outcome.")
    ]

    /// What is counted of the store's answers.
    static let storeDescriptions: [MetricDescription] = [
        MetricDescription(
            name: "switchboard_store_seconds", kind: .histogram,
            labels: [.init("call", calls)],
            help: "Time that the store took for a call, its wait for a transaction included.")
    ]

    private static let calls = Route.all.compactMap(\.call).map(\.rawValue)

    /// Every error of the API, every limit that may be reached, and what is refused before the routes.
    private static func refusalReasons(_ early: [String]) -> [String] {
        let reasons =
            ErrorID.allCases.filter { $0 != .rateLimited }.map(\.rawValue)
            // It stands before the limits that are its reasons.
            + [ErrorID.rateLimited.rawValue] + RateLimitReason.allCases.map(\.rawValue)
        return reasons + early.filter { !reasons.contains($0) }
    }

    /// What may become of a call: an outcome, or an error that a call of the pairing API can have.
    private static let callOutcomes: [String] = {
        let ofPages: Set<ErrorID> = [.unauthorized, .forbidden, .pairingDisabled, .methodNotAllowed]
        return Outcome.allCases.map(\.rawValue)
            + ErrorID.allCases.filter { !ofPages.contains($0) }.map(\.rawValue)
    }()
}
