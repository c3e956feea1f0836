package import Addresses
package import TLS

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A connection of the web server that turned out to speak STUN, on its way to the relay.
///
/// The receiver takes the socket and the TLS session out of it. A socket that is not taken is closed.
package struct HandedStream: ~Copyable, Sendable {
    /// The connected, non-blocking socket; -1 once it has been taken.
    private var socket: Int32
    /// Where the client is, as a trusted proxy may have said.
    package let client: TransportAddress
    /// Where it connected to.
    package let server: TransportAddress
    /// The TLS session behind its handshake, attached to nothing; nil for a plain connection.
    private var tls: TLSSession?
    /// What the client has sent so far, decrypted: at least one byte.
    package let received: [UInt8]

    package init(
        socket: Int32, client: TransportAddress, server: TransportAddress, tls: consuming TLSSession?,
        received: [UInt8]
    ) {
        self.socket = socket
        self.client = client
        self.server = server
        self.tls = tls
        self.received = received
    }

    deinit {
        if socket >= 0 { close(socket) }
    }

    /// Whether it has a TLS session.
    package var isTLS: Bool { tls != nil }

    /// Takes the socket out, once: it belongs to the caller then.
    package mutating func takeSocket() -> Int32 {
        defer { socket = -1 }
        return socket
    }

    /// Takes the TLS session out; nil if there is none or it has already been taken.
    package mutating func takeTLS() -> TLSSession? { tls.take() }
}
