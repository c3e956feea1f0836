/// Why the server ended a connection by itself; the raw value is the metric's `reason` label.
package enum ConnectionEnd: String, CaseIterable, Sendable {
    case handshakeTimeout = "handshake_timeout"
    case requestTimeout = "request_timeout"
    case idleTimeout = "idle_timeout"
    case responseTimeout = "response_timeout"
    case lingerTimeout = "linger_timeout"
    case bodyTooLarge = "body_too_large"
    /// The slowest while too much waited in memory.
    case memory
}
