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
        let connections = server.connections
        let session = SignalingSession(service: server.signaling, loop: loop, handshake: response) {
            if let key { connections.release(key) }
        }
        let rest = held
        held = ByteBuffer()
        do {
            try context.pipeline.syncOperations.addHandler(session, position: .after(self))
        } catch {
            if let key { connections.release(key) }
            return context.close(promise: nil)
        }
        if rest.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(rest)) }
        guard let http else {
            return context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
        loop.removeDeadline(of: self)
        http.retire()
        session.retireHTTP()
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
        guard let peer, !server.countsAtHandshake(peer), let channel else { return true }
        let key = AddressKey(IPAddress(peer))
        let connections = server.connections
        guard connections.take(key, at: loop.now) == nil else { return false }
        channel.closeFuture.whenComplete { _ in connections.release(key) }
        return true
    }
}
