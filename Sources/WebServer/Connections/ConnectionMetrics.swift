import Metrics
import Requests

/// Counts what connections are refused and ended for before a route or a session sees them.
final class ConnectionMetrics: Sendable {
    /// Error ids that are given before the router, as the `reason` label has them.
    static let refusalReasons = [
        "bad_handshake", "origin_not_allowed", "unsupported_version", "draining", "https_only", "bad_request",
        "not_found", "rate_limited", "headers_too_large",
    ]

    private let refusals: [String: Counter]
    /// What became of connections that speak STUN; the raw value is the metric's `transport` label.
    enum HandOver: String, CaseIterable {
        case plain = "tcp"
        case tls
        /// No descriptor was left for it.
        case failed
    }

    private let handOvers: [HandOver: Counter]
    private let refusedProxyHeaders = Counter(label: "switchboard_proxy_headers_refused")
    private let ends: [ConnectionEnd: Counter]
    private let acceptPauses = Counter(label: "switchboard_accept_pauses")
    private let open = Gauge(label: "switchboard_connections")
    private let buffered = Gauge(label: "switchboard_buffered_bytes")

    init() {
        handOvers = Dictionary(
            uniqueKeysWithValues: HandOver.allCases.map {
                (
                    $0,
                    Counter(
                        label: "switchboard_streams_handed_over", dimensions: [("transport", $0.rawValue)])
                )
            })
        refusals = Dictionary(
            uniqueKeysWithValues: Self.refusalReasons.map {
                ($0, Counter(label: "switchboard_http_refusals_total", dimensions: [("reason", $0)]))
            })
        ends = Dictionary(
            uniqueKeysWithValues: ConnectionEnd.allCases.map {
                ($0, Counter(label: "switchboard_connections_ended", dimensions: [("reason", $0.rawValue)]))
            })
    }

    /// Counts a refusal by its error id.
    func refused(_ id: String) { refusals[id]?.increment() }

    func ended(_ reason: ConnectionEnd) { ends[reason]?.increment() }

    func handedOver(_ what: HandOver) { handOvers[what]?.increment() }

    /// Counts a connection from a trusted proxy that began with something else than a header.
    func refusedProxyHeader() { refusedProxyHeaders.increment() }

    /// Counts a rest of a listener that had nothing left to accept with.
    func acceptPaused() { acceptPauses.increment() }

    func record(open count: Int, bufferedBytes: Int) {
        open.record(count)
        buffered.record(bufferedBytes)
    }
}
