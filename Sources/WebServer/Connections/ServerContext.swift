import Addresses
import Backlog
import Callers
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import Requests
import SessionLoops
import Synchronization

/// What every connection needs to know of the server it belongs to.
final class ServerContext: Sendable {
    /// A connection that has begun to speak HTTP, on its way to the task that serves it.
    struct HTTPConnection: Sendable {
        let channel: NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>
        /// The client, as its socket or a trusted proxy says.
        let peer: SocketAddress?
        /// Whether it began with a PROXY header.
        let isProxied: Bool
    }

    let configuration: WebServerConfiguration
    let resolver: ClientAddressResolver
    let connections: ConnectionTable
    let metrics = ConnectionMetrics()
    /// How much may wait in memory.
    let budget: BufferBudget
    /// What may be asked from outside.
    let status: WebServerStatus
    let signaling: SignalingService
    /// Where connections go whose handshake is accepted.
    let sessions: SessionServer
    /// What TLS connections share; nil without a TLS listener.
    let tls: TLSService?
    /// What the gates of all connections go by.
    let gatePolicy: GatePolicy
    /// Where connections go that speak STUN; nil if there is no relay to take them.
    let takeStream: StreamTaker?
    /// The port of the TLS listener; 0 before it listens.
    private let tlsPort = Atomic<Int>(0)
    /// Where HTTP connections go to be served.
    private let httpConnections: AsyncStream<HTTPConnection>.Continuation

    init(
        configuration: WebServerConfiguration, resolver: ClientAddressResolver, connections: ConnectionTable,
        status: WebServerStatus, signaling: SignalingService, tls: TLSService?,
        takeStream: StreamTaker?, budget: BufferBudget,
        httpConnections: AsyncStream<HTTPConnection>.Continuation
    ) {
        self.configuration = configuration
        self.resolver = resolver
        self.connections = connections
        self.status = status
        self.signaling = signaling
        sessions = status.sessions
        self.tls = tls
        self.takeStream = takeStream
        self.budget = budget
        self.httpConnections = httpConnections
        gatePolicy = GatePolicy(configuration, handsOver: takeStream != nil)
        // Configured values, until the bound ports are known.
        tlsPort.store(configuration.tlsPort, ordering: .relaxed)
    }

    /// The server has been told to stop: it takes no more WebSockets and is not ready.
    var isDraining: Bool { status.isDraining }

    func startDraining() { status.startDraining() }

    /// Whether a connection's address is only known from its handshake: it comes from this machine or from a
    /// trusted proxy. All others are counted when they are accepted.
    func countsAtHandshake(_ peer: SocketAddress?) -> Bool {
        guard let peer else { return true }
        return IPAddress(peer).isLoopback || resolver.isTrustedProxy(peer)
    }

    /// Whether a connection begins with a PROXY protocol header.
    func comesThroughProxy(_ peer: SocketAddress?) -> Bool {
        guard let peer, !configuration.proxyProtocolFrom.isEmpty else { return false }
        let address = IPAddress(peer)
        return configuration.proxyProtocolFrom.contains { $0.contains(address) }
    }

    /// Reports what there is at the moment, as metrics.
    func recordGauges() {
        signaling.metrics.record(sessions: sessions.sessionCount, rooms: sessions.roomCount)
        metrics.record(open: connections.count, bufferedBytes: budget.bufferedBytes)
        tls?.record()
    }

    /// Notes the TLS port, for redirections.
    func listens(tlsPort port: Int) { tlsPort.store(port, ordering: .relaxed) }

    /// The port of TLS, if requests that come to this listener are redirected there.
    func redirectPort(of listener: ListenerKind) -> Int? {
        guard listener == .plain, configuration.redirectsHTTP, tls != nil else { return nil }
        return tlsPort.load(ordering: .relaxed)
    }

    /// Puts the HTTP handlers behind the gate and hands the connection to the task that serves it.
    func installHTTP(behind gate: ConnectionGate, on channel: any Channel) throws -> HTTPConnectionGuard {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = configuration.connections.maxHeaderBytes
        limits.maxHeaderListSize = configuration.connections.maxHeaderBytes
        limits.maxHeaderFieldCount = 100
        let pipeline = channel.pipeline.syncOperations
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: false, withErrorHandling: false, withOutboundHeaderValidation: false,
            withEncoderConfiguration: .init(), withDecoderLimitConfiguration: limits)
        try pipeline.addHandler(RequestHeadNormalizer())
        try pipeline.addHandler(HTTP1ToHTTPServerCodec(secure: gate.tls != nil))
        let connectionGuard = HTTPConnectionGuard(gate: gate)
        try pipeline.addHandler(connectionGuard)
        let served = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
            wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        httpConnections.yield(HTTPConnection(channel: served, peer: gate.peer, isProxied: gate.isProxied))
        return connectionGuard
    }
}

extension GatePolicy {
    init(_ configuration: WebServerConfiguration, handsOver: Bool) {
        self.init()
        handshakeTimeout = configuration.connections.handshakeTimeout
        requestTimeout = configuration.connections.requestTimeout
        idleTimeout = configuration.connections.idleTimeout
        maxHeaderBytes = configuration.connections.maxHeaderBytes
        allowedOrigins = configuration.allowedOrigins
        self.handsOver = handsOver
    }
}

/// Which listener a connection came to.
enum ListenerKind: Sendable {
    case plain
    case tls
}

/// Serves one HTTP connection with Hummingbird's request loop.
struct HTTPConnectionService: HTTPChannelHandler {
    let responder: HTTPChannelHandler.Responder

    typealias Value = NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeFailedFuture(ChannelError.inappropriateOperationForState)
    }

    func handle(value connection: Value, logger: Logger) async {
        await handleHTTP(asyncChannel: connection, logger: logger)
    }
}
