package import Addresses
import Glibc
import Loops
package import TLS
import TURN

extension RelayServer {
    /// Takes over a TCP connection that was accepted elsewhere and turned out to speak STUN, as if a listener of
    /// the relay had accepted it: the same limits, times and counters apply. May be called from any thread; does
    /// not block.
    ///
    /// The loops take such streams in turn. One that is refused is closed.
    ///
    /// - Parameters:
    ///   - socket: connected; belongs to the relay from now on, even if it is refused. Its options are set here.
    ///   - client: the client's address, as its proxy names it if it came through one.
    ///   - server: the local address that it connected to. Both may be IPv4-mapped.
    ///   - tls: the session with its handshake complete, detached; nil for plain TCP.
    ///   - received: the bytes that were already read from it, decrypted: the beginning of the client's input.
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
