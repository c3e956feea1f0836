import Addresses
import Backlog
import NIOCore
import Requests
import TLS
import Timing

/// The first handler of every connection. ``GateRules`` decides what becomes of it: a WebSocket session, requests for
/// HTTP, a connection of the relay. The gate tells the rules what happens, holds the bytes, and does what they say.
///
/// A handshake on a fresh connection costs no HTTP decoder and no task. Proxies that keep their upstream
/// connections alive send one as a later request. Either way the connection then leaves NIO
/// (``openSession(_:)``), and what HTTP had on it ends.
final class ConnectionGate: ChannelInboundHandler, RemovableChannelHandler, DeadlineTarget, LoopMember {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let server: ServerContext
    let loop: LoopContext
    /// In front of it on the TLS listener.
    let tls: TLSHandler?
    /// Its place among the connections that are open.
    let claim: ConnectionClaim
    /// The session that it becomes as soon as the socket has taken everything.
    var opening: OpeningSession?
    /// The client, as its socket or a trusted proxy's header says.
    var peer: SocketAddress?
    /// The connection began with a PROXY header.
    var isProxied = false
    /// Where the client connected to, if a trusted proxy's header says that.
    var proxiedDestination: TransportAddress?
    var rules: GateRules
    /// Bytes that have come and not been passed on.
    var held = ByteBuffer()
    /// Nil before HTTP has a byte, and after the gate has left the pipeline.
    var http: HTTPConnectionGuard?
    /// While it is in a pipeline.
    private(set) var context: ChannelHandlerContext?
    /// It is in the loop's list of connections that hold waiting bytes.
    var isBuffering = false
    var deadlinePlace = DeadlinePlace()
    /// Its place in the loop's list; -1 outside.
    var place = -1

    /// - Parameter redirectPort: where its requests are redirected to; nil if they are not.
    init(
        server: ServerContext, loop: LoopContext, tls: TLSHandler?, redirectPort: Int?, peer: SocketAddress?,
        claim: ConnectionClaim
    ) {
        self.claim = claim
        self.server = server
        self.loop = loop
        self.tls = tls
        self.peer = peer
        rules = GateRules(isSecure: tls != nil, redirectPort: redirectPort, now: loop.now)
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.members.add(self)
        setDeadline()
    }

    func handlerRemoved(context: ChannelHandlerContext) { retire() }

    func channelInactive(context: ChannelHandlerContext) {
        retire()
        context.fireChannelInactive()
    }

    /// While it is in a pipeline.
    var channel: (any Channel)? { context?.channel }

    private func retire() {
        rules.disconnected()
        context = nil
        http = nil
        loop.removeDeadline(of: self)
        loop.members.remove(self)
    }

    // MARK: Bytes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .dropped = rules.input { return loop.giveBackReadBuffer(unwrapInboundIn(data)) }
        let arrived = unwrapInboundIn(data)
        held.writeImmutableBuffer(arrived)
        loop.giveBackReadBuffer(arrived)
        if rules.isSilent { begin() }
        advance()
        if keptInputBytes >= BufferBudget.notedBytes { loop.noteBuffering(self) }
    }

    private func begin() {
        guard let first = held.getInteger(at: held.readerIndex, as: UInt8.self) else { return }
        rules.began(
            with: first, server.gatePolicy,
            hasAgreedOnSTUN: tls?.applicationProtocol == TLSSettings.turnProtocol)
        lookAtSocket()
    }

    /// Has the rules look at the held bytes until there is nothing more to do.
    func advance() {
        let now = loop.now
        while true {
            let action = held.withUnsafeReadableBytes { bytes in
                rules.next(bytes, at: now, server.gatePolicy) { comesThroughTrustedProxy }
            }
            if case .nothing = action { break }
            perform(action)
        }
        releasePassedOn()
        loop.bringForwardDeadline(of: self, to: rules.deadline(server.gatePolicy))
    }

    /// Gives up the room of the bytes that have been skipped or passed on: a buffer that is appended to keeps them in front
    /// of the others for as long as some others wait. What is copied is always less than what has been passed on.
    private func releasePassedOn() {
        guard held.readerIndex > held.readableBytes else { return }
        held = held.readableBytes == 0 ? ByteBuffer() : ByteBuffer(bytes: held.readableBytesView)
    }

    private var comesThroughTrustedProxy: Bool {
        isProxied || peer.map(server.resolver.isTrustedProxy) ?? false
    }

    // MARK: Other events

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if opening != nil {
            openSession(context)
        } else if rules.isHandingOver {
            lookAtSocket()
        } else {
            context.fireChannelWritabilityChanged()
        }
    }

    private func lookAtSocket() {
        guard rules.isHandingOver, let channel else { return }
        perform(rules.socketChanged(hasTakenAll: channel.isWritable))
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSHandler.Refused {
            perform(rules.refusedByTLS(at: loop.now))
        } else if opening != nil {
            // The sessions' loop sees the end, too.
            return
        } else if event as? ChannelEvent == .inputClosed {
            perform(rules.inputEnded())
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// A request has its answer, and the connection goes on.
    func answered() { perform(rules.answered()) }

    /// HTTP's last answer is out, while its request is still coming in.
    func httpLingers() {
        rules.lingers(at: loop.now)
        loop.bringForwardDeadline(of: self, to: rules.deadline(server.gatePolicy))
    }

    func deadlineReached(at now: MonotonicTime) {
        // The client does not take the answer before its handshake.
        if opening != nil { return context?.close(promise: nil) ?? () }
        perform(rules.due(at: now, server.gatePolicy))
        setDeadline()
    }

    /// The server is about to stop: the connection closes, behind the answer to an open request unless `atOnce`.
    func drain(atOnce: Bool) {
        if opening != nil { context?.close(promise: nil) } else { perform(rules.drain(atOnce: atOnce)) }
    }

    func setDeadline() {
        guard context != nil else { return }
        let deadline = rules.deadline(server.gatePolicy)
        if deadline == .distantFuture {
            loop.removeDeadline(of: self)
        } else {
            loop.setDeadline(of: self, to: deadline)
        }
    }
}
