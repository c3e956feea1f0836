package import Addresses
import Glibc
package import TLS
import TURN

extension RelayServer {
    /// Goes on with a TCP connection that was accepted elsewhere and is found to speak STUN, as if a listener of the
    /// relay's own had taken it: the same limits, times and numbers. May be called from any thread; does not block.
    ///
    /// The loops take such streams in turn. One that is refused is closed.
    ///
    /// - Parameters:
    ///   - socket: connected; belongs to the relay from now on, refused or not. Its options are set here.
    ///   - client: where it comes from, by a proxy's word if it came through one.
    ///   - server: the local address that it came to. Both may be IPv4-mapped.
    ///   - tls: the session with its handshake complete, detached; nil for plain TCP.
    ///   - received: what has been read of it, decrypted: the beginning of what the client has sent.
    package func adopt(
        socket: Int32, client: TransportAddress, server: TransportAddress, tls: consuming TLSSession?,
        received: [UInt8]
    ) {
        guard let admission = admission else {
            close(socket)
            return
        }
        let transport: ClientTransport = tls == nil ? .tcp : .tls
        let fiveTuple = FiveTuple(
            client: client.unmapped, server: server.unmapped, transport: transport)
        let connection = AdoptedStream.Connection(socket: socket, tls: tls, received: received)
        if let stream = AdoptedStream(connection, fiveTuple, admission: admission) {
            post(stream)
        } else {
            refuseStream()
        }
    }
}
