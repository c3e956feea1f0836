import NIOCore

/// Sets new connections up, on their loops.
final class ConnectionAcceptor: Sendable {
    private let server: ServerContext
    private let loops: EventLoops
    /// What the TLS connections of each loop share; empty without a TLS listener.
    private let tls: [ObjectIdentifier: NIOLoopBound<LoopTLS>]

    init(_ loops: EventLoops, _ server: ServerContext) async throws {
        self.loops = loops
        self.server = server
        guard let service = server.tls else {
            tls = [:]
            return
        }
        tls = try await loops.onEach { LoopTLS(service: service, eventLoop: $0) }
    }

    /// Sets a new connection up, on its loop. Throws, which closes it, when it is one too many.
    ///
    /// - Parameter listener: the one it came to.
    func accept(_ channel: any Channel, from listener: ListenerKind) throws {
        guard let loop = loops.context(of: channel.eventLoop), server.connections.opened() else {
            throw ChannelError.operationUnsupported
        }
        let claim = ConnectionClaim(server.connections)
        channel.closeFuture.whenComplete { _ in claim.release() }
        try channel.syncOptions?.setOption(.recvAllocator, value: SharedReadBuffer(loop: loop))
        let shared = listener == .tls ? tls[ObjectIdentifier(channel.eventLoop)]?.value : nil
        let tls = shared.map { TLSHandler($0, loop: loop) }
        let gate = ConnectionGate(
            server: server, loop: loop, tls: tls, redirectPort: server.redirectPort(of: listener),
            peer: channel.remoteAddress, claim: claim)
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(gate)
        if let tls { try pipeline.addHandler(tls, position: .first) }
        if server.comesThroughProxy(channel.remoteAddress) {
            try pipeline.addHandler(ProxyHeaderHandler(gate: gate, loop: loop), position: .first)
        } else if !gate.admit(channel.remoteAddress) {
            throw ChannelError.operationUnsupported
        }
    }
}
