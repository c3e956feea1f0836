import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import Signaling
import Synchronization

/// What every connection needs to know of the server it belongs to.
final class ServerContext: Sendable {
    typealias HTTPConnection = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    let configuration: WebServerConfiguration
    let resolver: ClientAddressResolver
    let connections: ConnectionTable
    let metrics = ConnectionMetrics()
    let signaling: SignalingService
    /// Where HTTP connections go to be served.
    private let httpConnections: AsyncStream<HTTPConnection>.Continuation
    private let draining = Atomic<Bool>(false)

    init(
        configuration: WebServerConfiguration, resolver: ClientAddressResolver, connections: ConnectionTable,
        signaling: SignalingService, httpConnections: AsyncStream<HTTPConnection>.Continuation
    ) {
        self.configuration = configuration
        self.resolver = resolver
        self.connections = connections
        self.signaling = signaling
        self.httpConnections = httpConnections
    }

    /// The server has been told to stop: it takes no more WebSockets and is not ready.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    func startDraining() { draining.store(true, ordering: .relaxed) }

    /// Whether a connection's address is only known from its handshake: it comes from this machine or from a
    /// trusted proxy. All others are counted when they are accepted.
    func countsAtHandshake(_ peer: SocketAddress?) -> Bool {
        guard let peer else { return true }
        return ClientAddress(peer).isLoopback || resolver.isTrustedProxy(peer)
    }

    /// Puts the HTTP handlers behind the gate and hands the connection to the task that serves it.
    func installHTTP(on channel: any Channel, loop: LoopContext) throws -> HTTPConnectionGuard {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = configuration.connections.maxHeaderBytes
        limits.maxHeaderListSize = configuration.connections.maxHeaderBytes
        limits.maxHeaderFieldCount = 100
        let pipeline = channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
            withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: false))
        let connectionGuard = HTTPConnectionGuard(
            limits: configuration.connections, loop: loop, metrics: metrics)
        try pipeline.addHandler(connectionGuard)
        let connection = try HTTPConnection(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        httpConnections.yield(connection)
        return connectionGuard
    }
}

/// Serves one HTTP connection with Hummingbird's request loop.
struct HTTPConnectionService: HTTPChannelHandler {
    let responder: HTTPChannelHandler.Responder

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<ServerContext.HTTPConnection> {
        channel.eventLoop.makeFailedFuture(ChannelError.inappropriateOperationForState)
    }

    func handle(value connection: ServerContext.HTTPConnection, logger: Logger) async {
        await handleHTTP(asyncChannel: connection, logger: logger)
    }
}
