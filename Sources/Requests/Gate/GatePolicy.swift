/// What the gates of all connections of a server go by.
package struct GatePolicy: Sendable {
    /// From the opening of a connection to its first complete request; default 10 s.
    package var handshakeTimeout = Duration.seconds(10)
    /// From the first byte of an HTTP request to its last; default 10 s.
    package var requestTimeout = Duration.seconds(10)
    /// Between two requests of a connection; default 60 s.
    package var idleTimeout = Duration.seconds(60)
    /// The most bytes of a request line and its header fields together; default 16,384.
    package var maxHeaderBytes = 16_384
    /// Whose pages may open a WebSocket; default any.
    package var allowedOrigins = AllowedOrigins.any
    /// Whether there is a relay that takes connections which speak STUN; otherwise STUN is bad input. Default false.
    package var handsOver = false

    /// The defaults.
    package init() {}
}
