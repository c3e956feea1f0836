import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
package import Pairing
import ServiceLifecycle
import Signaling

/// The REST API and the WebSocket signaling on one port.
package final class WebServer: Service {
    private static let backlog: Int32 = 4_096
    private static let receiveBufferBytes = 262_144
    /// What the kernel takes beyond what it could send: the less, the sooner a slow peer is noticed.
    private static let maxUnsentBytes = 131_072
    /// How long open HTTP requests may go on once the listener is closed.
    private static let requestGrace = Duration.seconds(5)

    private let configuration: WebServerConfiguration
    private let pairing: (any PairingStore)?
    private let relay: RelayServices
    private let pages: WebPages?
    private let acceptNotices = AcceptNotices()
    private let telemetry: WebServerTelemetry
    private let logger: Logger
    private let onListening: @Sendable (_ port: Int) -> Void

    /// - Parameters:
    ///   - pairing: nil turns the pairing API off.
    ///   - relay: the relay, and what clients are told of it; default none.
    ///   - pages: the pages and the client module; default none.
    ///   - onListening: called once, when clients can connect, with the port that was bound.
    package init(
        configuration: WebServerConfiguration, pairing: (any PairingStore)?,
        relay: RelayServices = RelayServices(), pages: WebPages? = nil, telemetry: WebServerTelemetry,
        logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.pairing = pairing
        self.relay = relay
        self.pages = pages
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
        let context = makeContext(continuation)
        let loops = try await EventLoops(group, context)
        let service = HTTPConnectionService(responder: makeHTTPResponder(context))
        let listener = try await bind(group, context, loops)
        let port = listener.localAddress?.port ?? configuration.port
        logger.info("listening", metadata: ["host": "\(configuration.host)", "port": "\(port)"])
        onListening(port)
        await withDiscardingTaskGroup { tasks in
            tasks.addTask {
                // Throws when the group is cancelled: then there is no time to drain.
                let isGraceful = (try? await gracefulShutdown()) != nil
                if isGraceful { await self.drain(context, loops) }
                self.acceptNotices.close()
                try? await listener.close().get()
                await loops.closeConnections(atOnce: true)
                continuation.finish()
            }
            for await connection in connections {
                tasks.addTask { [logger] in await service.handle(value: connection, logger: logger) }
            }
        }
        loops.stop()
    }

    private func makeContext(
        _ httpConnections: AsyncStream<ServerContext.HTTPConnection>.Continuation
    ) -> ServerContext {
        ServerContext(
            configuration: configuration,
            resolver: ClientAddressResolver(trustedProxies: configuration.trustedProxies, logger: logger),
            connections: ConnectionTable(limits: configuration.connections),
            signaling: SignalingService(
                configuration: configuration, pairing: pairing, iceServers: relay.iceServers,
                metrics: SignalingMetrics(forwardLatency: telemetry.forwardLatency), logger: logger),
            httpConnections: httpConnections)
    }

    private func makeHTTPResponder(_ context: ServerContext) -> HTTPChannelHandler.Responder {
        let services = WebServices(
            pairing: pairing,
            rooms: { context.signaling.rooms.summaries(limit: $0) },
            roomCount: { context.signaling.rooms.count },
            metricsText: telemetry.metricsText,
            isDraining: { context.isDraining },
            relay: relay, pages: pages, acceptNotices: acceptNotices)
        return HTTPResponderAdapter(
            responder: makeResponder(configuration: configuration.http, services: services),
            resolver: context.resolver, isDraining: { context.isDraining }, logger: logger
        ).channelResponder
    }

    private func bind(
        _ group: MultiThreadedEventLoopGroup, _ context: ServerContext, _ loops: EventLoops
    ) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Bounds what the kernel holds of a client that is held back, and of a message that is too long.
            .serverChannelOption(.socketOption(.so_rcvbuf), value: Self.receiveBufferBytes)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.tcpOption(.unsentLowWater), value: Self.maxUnsentBytes)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // Writable means that the socket has taken everything: what waits, waits in the bounded outbox.
            .childChannelOption(.writeBufferWaterMark, value: .init(low: 1, high: 1))
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try loops.accept(channel) }
            }
            .bind(host: configuration.host, port: configuration.port).get()
    }

    /// Fails readiness, closes the WebSockets over the configured time, then lets open requests finish. Cut short
    /// by cancellation.
    private func drain(_ context: ServerContext, _ loops: EventLoops) async {
        context.startDraining()
        acceptNotices.close()
        logger.info("draining", metadata: ["sessions": "\(context.signaling.sessionCount)"])
        let spread = configuration.drainSpread
        if context.signaling.sessionCount > 0 {
            await loops.closeSessions(over: spread)
            await wait(atMost: spread + SignalingSession.lingerTime) { context.signaling.sessionCount == 0 }
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
