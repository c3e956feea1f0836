package import Access
package import Backlog
import Callers
import HummingbirdCore
package import Logging
import Logs
import NIOCore
import NIOPosix
import ServiceLifecycle
import SessionLoops
import Signaling
package import TLS
import Timing

/// WebSocket signaling, and HTTP for whatever answers it, on a plain port and, with a certificate, on one for TLS.
package final class WebServer: Service {
    private static let backlog: Int32 = 4_096
    private static let receiveBufferBytes = 262_144
    /// Bytes that the kernel accepts beyond what it could send: the fewer, the sooner a slow peer is noticed.
    private static let maxUnsentBytes = 131_072
    /// How soon a changed certificate is noticed.
    private static let certificateInterval = Duration.seconds(5)
    /// How long open HTTP requests may go on once the listener is closed.
    private static let requestGrace = Duration.seconds(5)

    private let configuration: WebServerConfiguration
    private let makeResponder: @Sendable (WebServerStatus) -> any WebResponder
    private let admission: any Admission
    private let iceServers: ICEServerLookup
    private let takeStream: StreamTaker?
    private let acceptFailures = LogThrottle()
    private let telemetry: WebServerTelemetry
    private let logger: Logger
    private let certificates: TLSCertificates?
    private let budget: BufferBudget
    private let onListening: @Sendable (_ ports: Ports) -> Void

    /// The ports that were bound.
    package struct Ports: Sendable, Equatable {
        package let plain: Int
        /// Nil without a certificate.
        package let tls: Int?

        package init(plain: Int, tls: Int?) {
            self.plain = plain
            self.tls = tls
        }
    }

    /// - Parameters:
    ///   - admission: decides which rooms may be joined; by default every room.
    ///   - iceServers: what members of rooms are told of STUN and TURN; default nothing.
    ///   - takeStream: takes connections of these ports that speak STUN; default nil, which makes them bad input.
    ///   - certificates: opens the TLS listener; default none. Their maker chooses what ALPN offers.
    ///   - budget: how much may wait in memory, shared with whatever else has clients.
    ///   - onListening: called once, when clients can connect, with the ports that were bound.
    ///   - responder: makes what answers HTTP requests; called once, when the server begins to run.
    package init(
        configuration: WebServerConfiguration, admission: any Admission = OpenAdmission(),
        iceServers: @escaping ICEServerLookup = { _, _ in nil }, takeStream: StreamTaker? = nil,
        certificates: TLSCertificates? = nil,
        budget: BufferBudget = BufferBudget(), telemetry: WebServerTelemetry, logger: Logger,
        onListening: @escaping @Sendable (_ ports: Ports) -> Void = { _ in },
        responder: @escaping @Sendable (_ status: WebServerStatus) -> any WebResponder
    ) {
        self.configuration = configuration
        makeResponder = responder
        self.admission = admission
        self.iceServers = iceServers
        self.takeStream = takeStream
        self.certificates = certificates
        self.budget = budget
        self.telemetry = telemetry
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until a graceful shutdown. Throws when the address cannot be bound.
    package func run() async throws {
        let threads = configuration.eventLoops == 0 ? System.coreCount : configuration.eventLoops
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        do {
            try await serve(on: group)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }

    private func serve(on group: MultiThreadedEventLoopGroup) async throws {
        let (connections, continuation) = AsyncStream.makeStream(of: ServerContext.HTTPConnection.self)
        let context = try makeContext(continuation)
        try context.sessions.start()
        // Waits for its threads.
        defer { context.sessions.stop() }
        let loops = try await EventLoops(group, budget: budget) { context.recordGauges() }
        let acceptor = try await ConnectionAcceptor(loops, context)
        let responder = makeResponder(context.status)
        let adapter = HTTPResponderAdapter(
            responder: responder, resolver: context.resolver, isDraining: { context.isDraining },
            isTLSRequired: configuration.redirectsHTTP, logger: logger)
        let listeners = try await listen(group, context, acceptor)
        let reloading = Task { [certificates] in await Self.keepUp(certificates) }
        await withDiscardingTaskGroup { tasks in
            tasks.addTask {
                // Throws when the group is cancelled: then there is no time to drain.
                let isGraceful = (try? await gracefulShutdown()) != nil
                if isGraceful { await self.drain(context, responder, loops) }
                responder.endWaits()
                for listener in listeners { try? await listener.close().get() }
                await loops.closeConnections(atOnce: true)
                continuation.finish()
                reloading.cancel()
            }
            for await connection in connections {
                tasks.addTask { [logger] in
                    let answering = adapter.channelResponder(
                        peer: connection.peer, isProxied: connection.isProxied)
                    await HTTPConnectionService(responder: answering)
                        .handle(value: connection.channel, logger: logger)
                }
            }
        }
        loops.stop()
    }

    private func makeContext(
        _ httpConnections: AsyncStream<ServerContext.HTTPConnection>.Continuation
    ) throws -> ServerContext {
        let connections = ConnectionTable(limits: configuration.connections)
        let signaling = SignalingService(
            configuration: configuration, admission: admission, iceServers: iceServers,
            metrics: SignalingMetrics(forwardLatency: telemetry.forwardLatency), logger: logger)
        let sessions = try signaling.makeSessions(
            loops: configuration.eventLoops == 0 ? System.coreCount : configuration.eventLoops,
            connections: connections, budget: budget)
        return ServerContext(
            configuration: configuration,
            resolver: ClientAddressResolver(trustedProxies: configuration.trustedProxies, logger: logger),
            connections: connections, status: WebServerStatus(sessions: sessions), signaling: signaling,
            tls: certificates.map { TLSService($0, limits: configuration.connections) },
            takeStream: takeStream, budget: budget,
            httpConnections: httpConnections)
    }

    /// Opens the listeners, and says so.
    private func listen(
        _ group: MultiThreadedEventLoopGroup, _ context: ServerContext, _ acceptor: ConnectionAcceptor
    ) async throws -> [any Channel] {
        let plain = try await bind(group, context, acceptor, .plain, port: configuration.port)
        var listeners = [plain]
        if certificates != nil {
            do {
                listeners.append(try await bind(group, context, acceptor, .tls, port: configuration.tlsPort))
            } catch {
                try? await plain.close().get()
                throw error
            }
        }
        let ports = Ports(
            plain: plain.localAddress?.port ?? configuration.port,
            tls: listeners.count > 1 ? listeners[1].localAddress?.port ?? configuration.tlsPort : nil)
        if let port = ports.tls { context.listens(tlsPort: port) }
        var metadata: Logger.Metadata = ["host": "\(configuration.host)", "port": "\(ports.plain)"]
        if let port = ports.tls { metadata["tls_port"] = "\(port)" }
        logger.info("listening", metadata: metadata)
        onListening(ports)
        return listeners
    }

    /// Takes a changed certificate, without a restart. Files are read here and never on a loop.
    private static func keepUp(_ certificates: TLSCertificates?) async {
        guard let certificates else { return }
        while (try? await Task.sleep(for: certificateInterval)) != nil { certificates.reloadIfChanged() }
    }

    private func bind(
        _ group: MultiThreadedEventLoopGroup, _ context: ServerContext, _ acceptor: ConnectionAcceptor,
        _ kind: ListenerKind, port: Int
    ) async throws -> any Channel {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Bounds what the kernel holds of a client that is held back, and of a message that is too long.
            .serverChannelOption(.socketOption(.so_rcvbuf), value: Self.receiveBufferBytes)
            .serverChannelInitializer { [acceptFailures, logger] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AcceptPauseHandler(metrics: context.metrics, logger: logger, notices: acceptFailures))
                }
            }
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.tcpOption(.unsentLowWater), value: Self.maxUnsentBytes)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // Writable means that the socket has taken everything: what waits, waits in the bounded outbox.
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 1, high: 1))
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try acceptor.accept(channel, from: kind) }
            }
        do {
            return try await bootstrap.bind(host: configuration.host, port: port).get()
        } catch {
            if let known = WebListenError(error, port: port) { throw known }
            throw error
        }
    }

    /// Fails readiness, closes the WebSockets over the configured time, then lets open requests finish. Cut short
    /// by cancellation.
    private func drain(
        _ context: ServerContext, _ responder: any WebResponder, _ loops: EventLoops
    ) async {
        context.startDraining()
        responder.endWaits()
        logger.info("draining", metadata: ["sessions": "\(context.sessions.sessionCount)"])
        let spread = configuration.drainSpread
        if context.sessions.sessionCount > 0 {
            context.sessions.drain(over: spread)
            await wait(atMost: spread + SessionBounds.lingerTime) { context.sessions.sessionCount == 0 }
        }
        await loops.closeConnections(atOnce: false)
        await wait(atMost: Self.requestGrace) { context.connections.count == 0 }
    }

    /// Looks twenty times a second whether `isDone`, until the time is up or the task is cancelled.
    private func wait(atMost limit: Duration, until isDone: () -> Bool) async {
        let clock = ContinuousClock()
        let end = clock.now + limit
        while !isDone(), clock.now < end {
            guard (try? await clock.sleep(for: .milliseconds(50))) != nil else { return }
        }
    }
}

extension NIOBSDSocket.Option {
    /// `TCP_NOTSENT_LOWAT` of tcp(7), which has no name in NIO.
    fileprivate static let unsentLowWater = NIOBSDSocket.Option(rawValue: 25)
}
