import Metrics
import Synchronization
import TLS

/// What all TLS connections of the server share: the certificate, the bound of handshakes under way, the counters.
final class TLSService: Sendable {
    /// Why a connection on the TLS port failed; the raw value is the metric's `reason` label.
    enum Failure: String, CaseIterable {
        /// The client speaks only versions, ciphers or groups that this server does not.
        case unsupported
        /// The client does not trust the certificate.
        case certificateRefused = "certificate_refused"
        /// The bytes are not correct TLS.
        case malformed
        /// HTTP without TLS.
        case plainHTTP = "plain_http"
        /// The client went away during the handshake.
        case ended
        case timeout
        /// Too many handshakes were under way: it could not begin, or was the slowest of them.
        case busy

        init(_ failure: TLSSession.Failure) {
            switch failure {
            case .unsupported: self = .unsupported
            case .certificateRefused: self = .certificateRefused
            case .malformed: self = .malformed
            }
        }
    }

    let certificates: TLSCertificates
    private let maxHandshakes: Int
    /// How long a handshake keeps its place.
    let patience: Duration
    private let handshakes = Atomic<Int>(0)
    private let open = Atomic<Int>(0)
    private let completed = Counter(label: "switchboard_tls_handshakes")
    private let openGauge = Gauge(label: "switchboard_tls_connections")
    private let failures: [Failure: Counter]

    init(_ certificates: TLSCertificates, limits: ConnectionLimits) {
        self.certificates = certificates
        maxHandshakes = limits.maxHandshakes
        patience = limits.handshakePatience
        failures = Dictionary(
            uniqueKeysWithValues: Failure.allCases.map {
                (
                    $0,
                    Counter(
                        label: "switchboard_tls_handshake_failures", dimensions: [("reason", $0.rawValue)])
                )
            })
    }

    /// Claims one of the handshakes that may run at the same time; false if none is free. Balanced by
    /// ``handshakeEnded()``.
    func handshakeBegan() -> Bool {
        if handshakes.add(1, ordering: .relaxed).newValue <= maxHandshakes { return true }
        handshakes.subtract(1, ordering: .relaxed)
        return false
    }

    func handshakeEnded() { handshakes.subtract(1, ordering: .relaxed) }

    /// A handshake is complete. Balanced by ``closed()``.
    func opened() {
        completed.increment()
        open.add(1, ordering: .relaxed)
    }

    func closed() { open.subtract(1, ordering: .relaxed) }

    func failed(_ failure: Failure) { failures[failure]?.increment() }

    /// Tells the gauge; now and then.
    func record() { openGauge.record(open.load(ordering: .relaxed)) }
}
