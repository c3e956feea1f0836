package import Addresses
package import Requests
package import Signaling

/// Everything the web server can be told. The defaults are the documented ones (docs/operations.md).
package struct WebServerConfiguration: Sendable {
    /// The address or host name to bind.
    package var host = "0.0.0.0"
    /// The TCP port to bind; 0 takes any free one.
    package var port = 8080
    /// The TCP port of the TLS listener, for a server that has a certificate; 0 takes any free one.
    package var tlsPort = 8443
    /// Whether requests to ``port`` are told to come by TLS, but for health checks.
    package var redirectsHTTP = false
    /// Addresses of proxies whose connections begin with a PROXY protocol header; none by default.
    package var proxyProtocolFrom: [IPRange] = []
    /// Threads that serve connections; 0 is one a core.
    package var eventLoops = 0
    /// Web origins whose pages may open WebSockets; default any.
    package var allowedOrigins = AllowedOrigins.any
    /// Addresses of proxies whose X-Forwarded-For is trusted; none by default.
    package var trustedProxies: [IPRange] = []
    /// Bounds of connections before and beside their protocol.
    package var connections = ConnectionLimits()
    /// Bounds of WebSocket sessions.
    package var sessions = SessionLimits()
    /// Rules of the signaling messages.
    package var signaling = SignalingRules()
    /// On shutdown, WebSockets are closed spread over this time.
    package var drainSpread = Duration.seconds(5)

    /// The documented defaults.
    package init() {}
}

/// Bounds of connections before and beside their protocol.
package struct ConnectionLimits: Sendable {
    /// Open connections in all; further ones are closed at once.
    package var maxConnections = 50_000
    /// Open connections of one address (IPv4, or IPv6 /64).
    package var maxConnectionsPerAddress = 500
    /// New connections of one address in a minute.
    package var connectionsPerMinute = 300
    /// From accept to a complete request head or WebSocket handshake.
    package var handshakeTimeout = Duration.seconds(10)
    /// TLS handshakes under way; one more takes the place of one that its client has let wait, or is closed.
    package var maxHandshakes = 4_096
    /// How long a client may take for its part of the TLS handshake while others want to begin theirs.
    package var handshakePatience = Duration.seconds(1)
    /// From the first byte of an HTTP request to its last.
    package var requestTimeout = Duration.seconds(10)
    /// Between two requests of a connection.
    package var idleTimeout = Duration.seconds(60)
    /// Request line and header fields together.
    package var maxHeaderBytes = 16_384

    /// The documented defaults.
    package init() {}
}

/// Bounds of a WebSocket session.
package struct SessionLimits: Sendable {
    /// A message over all its fragments; a longer one closes with 1009.
    package var maxMessageBytes = 131_072
    /// Messages a second in the long run.
    package var messageRate = 50.0
    /// Messages at once.
    package var messageBurst = 500
    /// Joins a minute, and at once.
    package var joinsPerMinute = 60
    /// Bytes waiting for a peer that reads slowly; more closes it with 1013.
    package var maxOutboxBytes = 1_048_576
    /// A peer that takes nothing for this long with data waiting is closed with 1013.
    package var writeTimeout = Duration.seconds(5)
    /// A connection silent for this long is pinged.
    package var pingInterval = Duration.seconds(25)
    /// A pinged connection without any frame for this long is dead.
    package var pingTimeout = Duration.seconds(10)
    /// A member of a full room that does not answer a probe in this time gives up its seat.
    package var probeTimeout = Duration.seconds(2)
    /// The least time between two probes of one room.
    package var probeInterval = Duration.seconds(10)

    /// The documented defaults.
    package init() {}
}
