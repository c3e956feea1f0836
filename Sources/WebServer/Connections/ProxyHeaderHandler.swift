import Addresses
import NIOCore
import ProxyProtocol

/// The first handler on connections from trusted proxies. It removes the PROXY protocol's header and tells the gate
/// who the client is. Nothing passes without a header.
final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let gate: ConnectionGate
    private let loop: LoopContext
    private var header = ByteBuffer()
    private var isOver = false

    init(gate: ConnectionGate, loop: LoopContext) {
        self.gate = gate
        self.loop = loop
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let arrived = unwrapInboundIn(data)
        guard !isOver else { return loop.giveBackReadBuffer(arrived) }
        // At most what one read brings beyond the longest header.
        header.writeImmutableBuffer(arrived)
        loop.giveBackReadBuffer(arrived)
        switch header.withUnsafeReadableBytes({ ProxyHeader.parse(RawSpan(_unsafeBytes: $0)) }) {
        case .needMore: return
        case .malformed: refuse(context)
        case .header(let read):
            isOver = true
            guard gate.cameThroughProxy(read, context.remoteAddress) else {
                return context.close(promise: nil)
            }
            header.moveReaderIndex(forwardBy: read.byteCount)
            let rest = header
            header = ByteBuffer()
            if rest.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(rest)) }
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        // A proxy that looks whether the port answers sends nothing at all.
        if header.readableBytes > 0 { return refuse(context) }
        context.close(promise: nil)
    }

    private func refuse(_ context: ChannelHandlerContext) {
        isOver = true
        gate.server.metrics.refusedProxyHeader()
        context.close(promise: nil)
    }
}

extension ProxyHeader {
    /// The client of a connection whose socket leads to the proxy that sent this, and where the client connected to.
    ///
    /// Local clients have privileges here, so not every header may make its connection local. A connection that the
    /// proxy opened for itself counts as the proxy's own, or as having no address if the proxy is on this machine.
    /// A loopback source behind a proxy on another machine also counts as the proxy's own.
    func client(behind socket: SocketAddress?) -> (client: SocketAddress?, destination: TransportAddress?) {
        let isHere = socket.map { IPAddress($0).isLoopback } ?? false
        guard let source else { return (isHere ? nil : socket, nil) }
        guard isHere || !source.ip.isLoopback else { return (socket, nil) }
        return (try? SocketAddress(ipAddress: "\(source.ip)", port: Int(source.port)), destination)
    }
}

extension ConnectionGate {
    /// Takes over the client that a trusted proxy names, and counts the connection for it.
    ///
    /// - Returns: false if the client has too many connections.
    func cameThroughProxy(_ header: ProxyHeader, _ socket: SocketAddress?) -> Bool {
        isProxied = true
        (peer, proxiedDestination) = header.client(behind: socket)
        return admit(peer)
    }
}
