import MetricDescriptions
import Requests

extension ConnectionMetrics {
    /// What is counted of connections before a route or a session sees them.
    static let descriptions: [MetricDescription] = [
        MetricDescription(
            name: "switchboard_connections", kind: .gauge,
            help: "Open TCP connections, WebSockets included."),
        MetricDescription(
            name: "switchboard_buffered_bytes", kind: .gauge,
            help: "Bytes that wait in memory for and of clients, at most MAX_BUFFERED_BYTES but for moments."),
        MetricDescription(
            name: "switchboard_connections_refused_total", kind: .counter,
            labels: [.init("reason", of: ConnectionTable.Refusal.self)],
            help: "Connections refused because a limit of connections was reached."),
        MetricDescription(
            name: "switchboard_connections_ended_total", kind: .counter,
            labels: [.init("reason", of: ConnectionEnd.self)],
            help: "Connections that the server ended outside a WebSocket session, by reason."),
        MetricDescription(
            name: "switchboard_accept_pauses_total", kind: .counter,
            help:
                "Times that a port of the web server accepted nobody for half a second, as no file or memory was left."
        ),
    ]

    /// What is counted of connections that are told apart by their first bytes.
    static let handOverDescriptions: [MetricDescription] = [
        MetricDescription(
            name: "switchboard_streams_handed_over_total", kind: .counter,
            labels: [.init("transport", of: HandOver.self)],
            help: "Connections to the web server's ports that spoke STUN and went to the relay."),
        MetricDescription(
            name: "switchboard_proxy_headers_refused_total", kind: .counter,
            help: "Connections from PROXY_PROTOCOL_FROM that did not begin with a PROXY protocol header."),
    ]
}
