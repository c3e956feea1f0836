package import Addresses
import Glibc

/// A connection between two owners: one has let go of it, and the other has yet to take it.
///
/// The receiver takes the socket and the TLS session out of it. A socket that is not taken is closed.
package struct DetachedStream: ~Copyable, Sendable {
    /// The connected socket; -1 once it has been taken.
    private var socket: Int32
    /// Where the client is, as a trusted proxy may have said.
    package let client: TransportAddress
    /// Where it connected to.
    package let server: TransportAddress
    /// The TLS session behind its handshake, attached to nothing; nil for a plain connection.
    private var tls: TLSSession?
    /// What the client has sent so far, decrypted: the beginning of its input.
    package let received: [UInt8]

    /// - Parameters:
    ///   - socket: connected; belongs to the stream from now on.
    ///   - client: where the client is, as its proxy names it if it came through one.
    ///   - server: the local address that it connected to. Both may be IPv4-mapped.
    ///   - tls: with its handshake complete, detached; nil for plain TCP.
    ///   - received: what has already been read from it, decrypted.
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

    /// Whether there is a TLS session that has not been taken.
    package var isTLS: Bool { tls != nil }

    /// Takes the socket out, once: it belongs to the caller then.
    package mutating func takeSocket() -> Int32 {
        defer { socket = -1 }
        return socket
    }

    /// Takes the TLS session out; nil if there is none or it has already been taken.
    package mutating func takeTLS() -> TLSSession? { tls.take() }
}
