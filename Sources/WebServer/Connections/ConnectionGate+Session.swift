import NIOCore
import SessionLoops
import TLS
import Timing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A WebSocket session whose handshake has been accepted.
struct OpeningSession {
    /// What the client is answered.
    let response: [UInt8]
}

extension ConnectionGate {
    /// Hands the connection to the loops of the sessions once everything written to it is out: the answer before, or the
    /// rest of a TLS handshake. Nothing is sent or shut down when NIO lets go of it: the sessions hold the same socket by
    /// another descriptor. What HTTP had on it ends with the channel.
    func openSession(_ context: ChannelHandlerContext) {
        guard let opening else { return }
        guard context.channel.isWritable else {
            _ = context.channel.setOption(.autoRead, value: false)
            return loop.setDeadline(
                of: self, to: loop.now + server.configuration.connections.handshakeTimeout)
        }
        guard let socket = duplicateSocket(context) else { return context.close(promise: nil) }
        let session = tls?.release()
        if tls != nil, session == nil {
            close(socket)
            return context.close(promise: nil)
        }
        self.opening = nil
        let received = Array(held.readableBytesView)
        held = ByteBuffer()
        let address = claim.handOver()
        let sessions = server.sessions
        // First NIO forgets the socket: two pollers must not read from it.
        context.close(promise: nil)
        sessions.adopt(
            socket: socket, address: address, tls: session, response: opening.response, received: received)
    }
}
