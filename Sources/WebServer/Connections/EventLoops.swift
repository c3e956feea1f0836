import Backlog
import NIOCore
import NIOPosix
import SessionLoops
import Timing

/// The event loops of the server, each with its own context and its ticker.
final class EventLoops: Sendable {
    private static let foldInterval = TimeAmount.seconds(1)

    private let server: ServerContext
    /// Each context is touched on its own loop only; the table itself never changes.
    private let contexts: [ObjectIdentifier: NIOLoopBound<LoopContext>]
    private let loops: [any EventLoop]
    private let tickers: [RepeatedTask]

    /// Makes each loop's context on the loop and starts the tickers; ``stop()`` ends them.
    init(_ group: MultiThreadedEventLoopGroup, _ server: ServerContext) async throws {
        self.server = server
        var contexts: [ObjectIdentifier: NIOLoopBound<LoopContext>] = [:]
        var tickers: [RepeatedTask] = []
        let signaling = server.signaling
        loops = Array(group.makeIterator())
        for loop in loops {
            let bound = try await loop.submit {
                let context = LoopContext(eventLoop: loop, budget: server.budget)
                context.tls = server.tls.map { LoopTLS(service: $0, eventLoop: loop) }
                return NIOLoopBound(context, eventLoop: loop)
            }.get()
            contexts[ObjectIdentifier(loop)] = bound
            tickers.append(
                loop.scheduleRepeatedTask(initialDelay: LoopContext.tick, delay: LoopContext.tick) { _ in
                    bound.value.fireDeadlines()
                    bound.value.keepBudget()
                })
            tickers.append(
                loop.scheduleRepeatedTask(initialDelay: Self.foldInterval, delay: Self.foldInterval) { _ in
                    signaling.metrics.record(
                        sessions: server.sessions.sessionCount, rooms: server.sessions.roomCount)
                    server.metrics.record(
                        open: server.connections.count, bufferedBytes: server.budget.bufferedBytes)
                    server.tls?.record()
                })
        }
        self.contexts = contexts
        self.tickers = tickers
    }

    func stop() { tickers.forEach { $0.cancel() } }

    /// Sets a new connection up, on its loop. Throws, which closes it, when it is one too many.
    ///
    /// - Parameter listener: the one it came to.
    func accept(_ channel: any Channel, from listener: ListenerKind) throws {
        guard let loop = contexts[ObjectIdentifier(channel.eventLoop)]?.value, server.connections.opened()
        else {
            throw ChannelError.operationUnsupported
        }
        let claim = ConnectionClaim(server.connections)
        channel.closeFuture.whenComplete { _ in claim.release() }
        try channel.syncOptions?.setOption(.recvAllocator, value: SharedReadBuffer(loop: loop))
        let tls = listener == .tls ? loop.tls.map { TLSHandler($0, loop: loop) } : nil
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

    // MARK: Draining

    /// Closes the connections that are not sessions. Those with an open request close after its answer, unless
    /// `atOnce`.
    func closeConnections(atOnce: Bool) async {
        await onEveryLoop { loop in
            loop.gates.elements.forEach { $0.drain(atOnce: atOnce) }
        }
    }

    private func onEveryLoop(_ body: @escaping @Sendable (LoopContext) -> Void) async {
        for loop in loops {
            guard let context = contexts[ObjectIdentifier(loop)] else { continue }
            try? await loop.submit { body(context.value) }.get()
        }
    }
}
