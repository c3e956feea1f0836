import MetricDescriptions

extension TLSService {
    /// What is counted of the web server's TLS connections.
    static let descriptions: [MetricDescription] = [
        MetricDescription(
            name: "switchboard_tls_connections", kind: .gauge,
            help: "Open connections of the web server with a complete TLS handshake."),
        MetricDescription(
            name: "switchboard_tls_handshakes_total", kind: .counter,
            help: "TLS handshakes of the web server completed."),
        MetricDescription(
            name: "switchboard_tls_handshake_failures_total", kind: .counter,
            labels: [.init("reason", of: Failure.self)],
            help: "Connections to TLS_PORT that came to nothing; certificate_refused is a client's doing."),
    ]
}
