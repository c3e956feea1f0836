import Addresses
import Callers
import NIOCore
import Requests
import Signaling
import Timing

extension ConnectionGate {
    /// Makes the connection a WebSocket session, with `response` as the answer to its handshake.
    func open(_ head: RequestHead, _ response: [UInt8], _ context: ChannelHandlerContext) {
        var provenance = head.provenance
        provenance.isProxied = isProxied
        let origin = server.resolver.resolve(peer: peer, provenance)
        if server.isDraining { return refuse(.draining, context) }
        let key = server.countsAtHandshake(peer) && !origin.isLocal ? origin.key : nil
        if let key, server.connections.take(key, at: loop.now) != nil {
            return refuse(.tooManyConnections, context)
        }
        stage = .session
        if let key { claim.counts(for: key) }
        opening = OpeningSession(response: response)
        openSession(context)
    }

    /// Why a target is refused, whatever the request is; nil if the target is acceptable.
    ///
    /// A target with the scheme https is answered only where it came by TLS, to this server or to a proxy that is
    /// trusted (RFC 9110 §7.4); a redirection tells the others where to go.
    func refusal(of target: RequestTarget?) -> Handshake.Refusal? {
        guard let target else { return .badTarget }
        if target.subject == .tunnel { return .noTunnel }
        let isFromTrustedProxy = isProxied || peer.map(server.resolver.isTrustedProxy) ?? false
        let isSecure = tls != nil || isFromTrustedProxy || server.redirects(listener)
        return target.scheme == .https && !isSecure ? .misdirected : nil
    }

    /// Answers with a refusal that ends the connection.
    func refuse(_ refusal: Handshake.Refusal, _ context: ChannelHandlerContext) {
        server.metrics.refused(refusal.id)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: refusal.response)), promise: nil)
        context.close(mode: .output, promise: nil)
        linger()
    }

    /// The last answer is out; further input is dropped for a while.
    func linger() {
        held.clear()
        stage = .refused
        loop.setDeadline(of: self, to: loop.now + SessionBounds.lingerTime)
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
