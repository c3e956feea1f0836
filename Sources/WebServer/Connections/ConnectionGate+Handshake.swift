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
        openSession(handshake.response, countedFor: key, context)
    }

    /// - Parameter key: the address that the session counts for until it ends.
    private func openSession(
        _ response: [UInt8], countedFor key: AddressKey?, _ context: ChannelHandlerContext
    ) {
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
