import Telemetry

/// What a metric means, for the `HELP` lines and for `docs/operations.md`.
struct MetricDescription {
    enum Kind: String {
        case counter, gauge, histogram
    }

    /// A label and every value that it can have.
    struct Label {
        let name: String
        let values: [String]

        /// - Parameter values: with spaces between them.
        init(_ name: String, _ values: String) {
            self.name = name
            self.values = values.split(separator: " ").map(String.init)
        }
    }

    let name: String
    let kind: Kind
    var labels: [Label] = []
    let help: String
    /// Upper bounds of a histogram's buckets; nil keeps those of timers.
    var bounds: [Double]?
}

extension MetricDescription {
    /// Every metric of the server but those of the process, which have the names that all Prometheus clients use.
    static let all: [MetricDescription] = connections + tls + http + signaling + pairing + relay + own

    private static let connections = [
        MetricDescription(
            name: "switchboard_connections", kind: .gauge,
            help: "Open TCP connections, WebSockets included."),
        MetricDescription(
            name: "switchboard_buffered_bytes", kind: .gauge,
            help: "Bytes that wait in memory for and of clients, at most MAX_BUFFERED_BYTES but for moments."),
        MetricDescription(
            name: "switchboard_connections_refused_total", kind: .counter,
            labels: [Label("reason", "connections_total connections_of_address connection_rate_of_address")],
            help: "Connections refused because a limit of connections was reached."),
        MetricDescription(
            name: "switchboard_connections_ended_total", kind: .counter,
            labels: [
                Label(
                    "reason",
                    "handshake_timeout request_timeout idle_timeout response_timeout linger_timeout body_too_large memory"
                )
            ],
            help: "Connections that the server ended outside a WebSocket session, by reason."),
        MetricDescription(
            name: "switchboard_accept_pauses_total", kind: .counter,
            help:
                "Times that a port of the web server accepted nobody for half a second, as no file or memory was left."
        ),
        MetricDescription(
            name: "switchboard_websocket_sessions", kind: .gauge, help: "Open WebSocket sessions."),
        MetricDescription(
            name: "switchboard_websocket_sessions_opened_total", kind: .counter,
            help: "WebSocket sessions opened."),
        MetricDescription(
            name: "switchboard_websocket_sessions_ended_total", kind: .counter,
            labels: [
                Label(
                    "reason",
                    "client protocol_error message_too_big invalid_payload flood silent evicted slow memory draining"
                )
            ],
            help: "WebSocket sessions that ended, by what ended them."),
    ]

    private static let tls = [
        MetricDescription(
            name: "switchboard_tls_connections", kind: .gauge,
            help: "Open connections of the web server with a complete TLS handshake."),
        MetricDescription(
            name: "switchboard_tls_handshakes_total", kind: .counter,
            help: "TLS handshakes of the web server completed."),
        MetricDescription(
            name: "switchboard_tls_handshake_failures_total", kind: .counter,
            labels: [
                Label(
                    "reason", "unsupported certificate_refused malformed plain_http ended timeout busy")
            ],
            help: "Connections to TLS_PORT that came to nothing; certificate_refused is a client's doing."),
        MetricDescription(
            name: "switchboard_streams_handed_over_total", kind: .counter,
            labels: [Label("transport", "tcp tls failed")],
            help: "Connections to the web server's ports that spoke STUN and went to the relay."),
        MetricDescription(
            name: "switchboard_proxy_headers_refused_total", kind: .counter,
            help: "Connections from PROXY_PROTOCOL_FROM that did not begin with a PROXY protocol header."),
    ]

    private static let http = [
        MetricDescription(
            name: "switchboard_http_requests_total", kind: .counter,
            labels: [
                Label(
                    "route",
                    "/ /rooms /healthz /readyz /metrics /api/rooms /api/rooms/accept /api/rooms/check "
                        + "/api/user/purge /api/ice-servers unknown"),
                Label("status", "2xx 4xx 5xx"),
            ],
            help: "HTTP requests answered, by route and class of status."),
        MetricDescription(
            name: "switchboard_http_refusals_total", kind: .counter,
            labels: [
                Label(
                    "reason",
                    "invalid_json bad_request missing_field invalid_field unauthorized forbidden not_a_member not_found "
                        + "not_found_or_expired pairing_disabled method_not_allowed conflict too_large "
                        + "headers_too_large internal unavailable rate_limited accept_locked accept_busy "
                        + "accept_paced creates checks rooms purges ice_servers bad_handshake origin_not_allowed "
                        + "unsupported_version draining https_only")
            ],
            help: "HTTP requests and WebSocket handshakes refused, by error or by the limit reached."),
    ]

    private static let signaling = [
        MetricDescription(name: "switchboard_rooms", kind: .gauge, help: "Live rooms."),
        MetricDescription(
            name: "switchboard_signaling_messages_total", kind: .counter,
            labels: [
                Label(
                    "type",
                    "join_room leave_room webrtc_offer webrtc_answer ice_candidate ping application")
            ],
            help: "Messages received, by type."),
        MetricDescription(
            name: "switchboard_signaling_forwarded_total", kind: .counter,
            help: "Messages handed to the other peer's socket."),
        MetricDescription(
            name: "switchboard_signaling_refusals_total", kind: .counter,
            labels: [
                Label(
                    "reason",
                    "invalid_json invalid_message unknown_type invalid_room_id not_in_room peer_absent "
                        + "too_large rate_limited room_full store_unavailable")
            ],
            help: "Messages refused, by the error's code; room_full is a join, store_unavailable a lookup."),
        MetricDescription(
            name: forwardSeconds, kind: .histogram,
            help: "Time from reading a message to handing it to the other peer's socket."),
    ]

    private static let pairing = [
        MetricDescription(
            name: "switchboard_pairing_calls_total", kind: .counter,
            labels: [
                pairingCall,
                Label(
                    "outcome",
                    "ok pending absent invalid_json bad_request missing_field invalid_field not_a_member not_found "
                        + "not_found_or_expired conflict too_large rate_limited internal unavailable"),
            ],
            help: "Calls of the pairing API, by call and outcome."),
        MetricDescription(
            name: "switchboard_pairing_swept_total", kind: .counter,
            help: "Expired invitations that the sweep deleted."),
        MetricDescription(
            name: "switchboard_store_seconds", kind: .histogram, labels: [pairingCall],
            help: "Time that the store took for a call, its wait for a transaction included."),
        MetricDescription(
            name: "switchboard_store_transaction_seconds", kind: .histogram,
            help: "Time of a write transaction, commit included."),
        MetricDescription(
            name: "switchboard_store_batch_calls", kind: .histogram,
            help: "Store calls that one transaction carried together.",
            bounds: [1, 2, 4, 8, 16, 32, 64, 128, 256]),
        MetricDescription(
            name: "switchboard_store_calls_total", kind: .counter,
            labels: [Label("outcome", "committed failed")],
            help: "Store calls in write transactions, by what became of the transaction."),
    ]

    private static let own = [
        MetricDescription(
            name: buildInfo, kind: .gauge, labels: [Label("version", Version.current)],
            help: "The version that runs; always 1."),
        MetricDescription(
            name: droppedLogLines, kind: .counter,
            help: "Log lines dropped because standard error was too slow."),
        MetricDescription(
            name: "switchboard_metrics_dropped_series_total", kind: .counter,
            help: "Series that were not kept because too many exist or their name has another type."),
    ]

    private static let pairingCall = Label("call", "create accept check get delete purge ice_servers")

    static let forwardSeconds = "switchboard_signaling_forward_seconds"
    static let buildInfo = "switchboard_build_info"
    static let droppedLogLines = "switchboard_log_lines_dropped_total"

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

extension MetricsRegistry {
    /// Says what the server's metrics mean, for the `HELP` lines.
    func describeServerMetrics() {
        for metric in MetricDescription.all {
            describe(metric.name, help: metric.help, bounds: metric.bounds)
        }
    }
}
