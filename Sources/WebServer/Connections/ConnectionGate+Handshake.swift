import Addresses
import Callers
import NIOCore
import Requests

extension ConnectionGate {
    /// Makes the connection a WebSocket session if there is room for one.
    func admit(_ handshake: AcceptableHandshake, _ context: ChannelHandlerContext) {
        held.moveReaderIndex(forwardBy: handshake.byteCount)
        var provenance = handshake.provenance
        provenance.isProxied = isProxied
        let origin = server.resolver.resolve(peer: peer, provenance)
        let now = loop.now
        if server.isDraining { return perform(rules.admitted(.draining, at: now)) }
        let key = server.countsAtHandshake(peer) && !origin.isLocal ? origin.key : nil
        if let key, server.connections.take(key, at: now) != nil {
            return perform(rules.admitted(.tooManyConnections, at: now))
        }
        guard case .openSession = rules.admitted(.granted, at: now) else { return }
        if let key { claim.counts(for: key) }
        opening = OpeningSession(response: handshake.response)
        openSession(context)
    }

    /// Counts the connection for its client's address from now to its end, unless only a request can tell the
    /// address.
    ///
    /// - Returns: false if the address has too many.
    func admit(_ peer: SocketAddress?) -> Bool {
        guard let peer, !server.countsAtHandshake(peer), channel != nil else { return true }
        let key = AddressKey(IPAddress(peer))
        guard server.connections.take(key, at: loop.now) == nil else { return false }
        claim.counts(for: key)
        return true
    }
}
