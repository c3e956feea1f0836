import Addresses
import Backlog
import NIOCore
import Requests
import Timing

/// The first handler of every connection: it looks at the head of each request and makes the connection a
/// WebSocket session or hands the bytes on to HTTP.
///
/// A handshake on a fresh connection costs no HTTP decoder and no task. Proxies that keep their upstream
/// connections alive send one as a later request; then the session takes the place in front of HTTP, whose
/// handlers lie idle until the connection ends.
final class ConnectionGate: ChannelInboundHandler, RemovableChannelHandler, DeadlineTarget, Placed {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The kind of the next bytes.
    private enum Expecting {
        case head
        /// The rest of a request's body.
        case body(Int)
        case chunkedBody(ChunkedFraming)
        /// Only the HTTP decoder can tell. It gets at most this many more bytes; the connection ends with its
        /// answer.
        case anything(Int)
    }

    /// The most bytes of a request without a recognisable end that the decoder gets.
    private static let maxUnreadableBytes = 65_536

    enum Stage {
        case routing
        /// It becomes a session, and leaves NIO.
        case session
        /// The handshake was refused: no more bytes are taken.
        case refused
        /// It speaks STUN and goes to the relay as soon as its socket has taken everything.
        case handingOver
    }

    let server: ServerContext
    let loop: LoopContext
    /// Which listener it came to.
    let listener: ListenerKind
    /// In front of it on the TLS listener.
    let tls: TLSHandler?
    let claim: ConnectionClaim
    /// The session that it becomes as soon as the socket has taken everything.
    var opening: OpeningSession?
    /// The client, as its socket or a trusted proxy's header says.
    var peer: SocketAddress?
    /// The connection began with a PROXY header.
    var isProxied = false
    /// Where the client connected to, if a trusted proxy's header says that.
    var proxiedDestination: TransportAddress?
    /// Nothing has been read yet.
    private var isFresh = true
    private var expecting = Expecting.head
    /// The next request is held until this one is answered.
    private var isAwaitingAnswer = false
    private var inputHasEnded = false
    /// The beginning of a head that is not complete.
    var held = ByteBuffer()
    var http: HTTPConnectionGuard?
    var stage = Stage.routing
    /// How much of `held` has been searched for the end of a head.
    private var searched = 0
    private var context: ChannelHandlerContext?
    let openedAt: MonotonicTime
    /// It is in the loop's list of connections that hold waiting bytes.
    var isBuffering = false
    var deadlinePlace = DeadlinePlace()
    /// Its place in the loop's list; -1 outside.
    var place = -1

    init(
        server: ServerContext, loop: LoopContext, listener: ListenerKind, tls: TLSHandler?,
        peer: SocketAddress?, claim: ConnectionClaim
    ) {
        self.claim = claim
        self.server = server
        self.loop = loop
        self.listener = listener
        self.tls = tls
        self.peer = peer
        openedAt = loop.now
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.gates.add(self)
        loop.setDeadline(of: self, to: openedAt + server.configuration.connections.handshakeTimeout)
    }

    func handlerRemoved(context: ChannelHandlerContext) { retire() }

    func channelInactive(context: ChannelHandlerContext) {
        retire()
        context.fireChannelInactive()
    }

    /// While it is in a pipeline.
    var channel: (any Channel)? { context?.channel }

    private func retire() {
        context = nil
        loop.removeDeadline(of: self)
        loop.gates.remove(self)
    }

    func deadlineReached(at now: MonotonicTime) {
        guard let context else { return }
        if case .refused = stage { return context.close(promise: nil) }
        // The client does not take the last answer.
        if opening != nil { return context.close(promise: nil) }
        let deadline = http?.exchange.deadline ?? openedAt
        if now >= deadline {
            server.metrics.ended(http?.exchange.timeout ?? .handshakeTimeout)
            tls?.timedOut()
            context.close(promise: nil)
        } else {
            loop.setDeadline(of: self, to: deadline)
        }
    }

    /// The server is about to stop: the connection closes, behind the answer to an open request unless `atOnce`.
    func drain(atOnce: Bool) {
        guard let context else { return }
        if let http, !atOnce { http.closeWhenIdle(context.channel) } else { context.close(promise: nil) }
    }

    // MARK: Bytes

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let arrived = unwrapInboundIn(data)
        switch stage {
        case .routing, .handingOver, .session: held.writeImmutableBuffer(arrived)
        case .refused: break
        }
        loop.giveBackReadBuffer(arrived)
        if isFresh {
            isFresh = false
            if server.takeStream != nil, speaksSTUN(held) { stage = .handingOver }
        }
        if case .handingOver = stage { handOver(context) } else { route(context) }
        if keptInputBytes >= BufferBudget.notedBytes { loop.noteBuffering(self) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if opening != nil { return openSession(context) }
        if case .handingOver = stage { handOver(context) } else { context.fireChannelWritabilityChanged() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSHandler.Refused { return linger() }
        switch stage {
        case .routing where isAwaitingAnswer && event as? ChannelEvent == .inputClosed:
            // The held requests were sent before; they get their answers.
            inputHasEnded = true
        case .routing where http == nil && event as? ChannelEvent == .inputClosed,
            .refused where event as? ChannelEvent == .inputClosed:
            context.close(promise: nil)
        // The next owner sees it, too.
        case .handingOver where event as? ChannelEvent == .inputClosed, .session where event as? ChannelEvent == .inputClosed: return
        case .routing, .refused, .session, .handingOver:
            context.fireUserInboundEventTriggered(event)
        }
    }

    /// Passes on the requests that are held, one at a time. The next one waits for the answer to this one, in the
    /// socket's own buffer if necessary.
    private func route(_ context: ChannelHandlerContext) {
        while case .routing = stage, held.readableBytes > 0 {
            switch expecting {
            case .anything(let rest):
                guard held.readableBytes <= rest else { return context.close(promise: nil) }
                expecting = .anything(rest - held.readableBytes)
                return feed(held.readableBytes, context)
            case .body(let rest):
                let count = min(rest, held.readableBytes)
                expecting = count == rest ? .head : .body(rest - count)
                feed(count, context)
            case .chunkedBody(var framing):
                let progress = held.withUnsafeReadableBytes { framing.consume($0) }
                expecting = .chunkedBody(framing)
                feedChunks(progress, context)
            case .head:
                guard http?.exchange.isAnswered ?? true else { return awaitAnswer(context) }
                skipEmptyLines()
                guard readHead(context) else { return }
            }
        }
    }

    /// Reads the head of the next request; false when there is nothing more to do for now.
    private func readHead(_ context: ChannelHandlerContext) -> Bool {
        let maxBytes = server.configuration.connections.maxHeaderBytes
        switch held.withUnsafeReadableBytes({ RequestHead.parse($0, searched: searched) }) {
        case .incomplete where held.readableBytes <= maxBytes:
            searched = held.readableBytes
            requestBegan()
            return false
        case .complete(let head, let length) where length <= maxBytes:
            handleHead(head, length, context)
        case .incomplete, .unreadable, .complete:
            // The decoder has the same bounds, and the answer.
            expecting = .anything(maxBytes + Self.maxUnreadableBytes)
        }
        return true
    }

    /// Empty lines before a request are skipped (RFC 9112 §2.2).
    private func skipEmptyLines() {
        while searched == 0, let byte = held.getInteger(at: held.readerIndex, as: UInt8.self),
            byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
        {
            held.moveReaderIndex(forwardBy: 1)
        }
    }

    private func feedChunks(_ progress: ChunkedFraming.Progress, _ context: ChannelHandlerContext) {
        switch progress {
        case .continues:
            feed(held.readableBytes, context)
        case .ends(let count):
            expecting = .head
            feed(count, context)
        case .malformed:
            expecting = .anything(Self.maxUnreadableBytes + held.readableBytes)
            http?.closeAfterNextResponse()
        }
    }

    private func awaitAnswer(_ context: ChannelHandlerContext) {
        guard !isAwaitingAnswer else { return }
        isAwaitingAnswer = true
        _ = context.channel.setOption(.autoRead, value: false)
    }

    /// The request has its answer: continue with the next one.
    private func answered() {
        guard isAwaitingAnswer, let context else { return }
        isAwaitingAnswer = false
        route(context)
        // No read of the socket stands behind this, but the handlers behind wait for its end.
        context.fireChannelReadComplete()
        guard !isAwaitingAnswer, self.context != nil else { return }
        if inputHasEnded {
            context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        } else {
            _ = context.channel.setOption(.autoRead, value: true)
        }
    }

    private func handleHead(_ head: RequestHead, _ length: Int, _ context: ChannelHandlerContext) {
        if let refusal = refusal(of: head.target) { return refuse(refusal, context) }
        switch Handshake.judge(head, allowedOrigins: server.configuration.allowedOrigins) {
        case .accept where server.redirects(listener):
            refuse(server.redirection(of: head), context)
        case .accept(let response):
            held.moveReaderIndex(forwardBy: length)
            open(head, response, context)
        case .refuse(let refusal):
            refuse(refusal, context)
        case .otherRequest where server.redirects(listener) && !head.staysPlain:
            refuse(server.redirection(of: head), context)
        case .otherRequest where head.hostCount > 1 || head.isHTTP11 && head.hostCount == 0:
            refuse(.badHost, context)
        case .otherRequest where head.hasTransferEncoding && !head.isHTTP11:
            refuse(.faultyFraming, context)
        case .otherRequest:
            switch head.framing {
            case .length(let body): expecting = body == 0 ? .head : .body(body)
            case .chunked: expecting = .chunkedBody(ChunkedFraming())
            case .unknown: expecting = .anything(Self.maxUnreadableBytes + held.readableBytes)
            }
            hideUpgrades(head)
            feed(length, context)
            if !head.isHTTP11 || head.framing == .unknown { http?.closeAfterNextResponse() }
        }
    }

    /// Renames the `Upgrade` fields of a request that is answered as if it had none (RFC 9110 §7.8): the decoder
    /// takes them for the end of HTTP on this connection and would collect whatever comes after.
    private func hideUpgrades(_ head: RequestHead) {
        for name in head.upgradeNames {
            held.setString("x-noted", at: held.readerIndex + name.lowerBound)
        }
    }

    /// Passes bytes on to HTTP, which is installed for the first of them.
    private func feed(_ count: Int, _ context: ChannelHandlerContext) {
        do {
            if http == nil {
                let installed = try server.installHTTP(
                    on: context.channel, loop: loop, peer: peer, isProxied: isProxied, isSecure: tls != nil)
                installed.onDeadline = { [loop, weak self] deadline in
                    if let self { loop.bringForwardDeadline(of: self, to: deadline) }
                }
                installed.onLongAnswer = { [loop, weak self] in if let self { loop.noteBuffering(self) } }
                installed.onAnswer = { [weak self] in self?.answered() }
                http = installed
            }
        } catch {
            held.clear()
            return context.close(promise: nil)
        }
        requestBegan()
        searched = 0
        guard let slice = held.readSlice(length: count) else { return }
        if held.readableBytes == 0 { held = ByteBuffer() }
        context.fireChannelRead(wrapInboundOut(slice))
    }

    /// Bytes of a request came in: it has to be complete in time.
    private func requestBegan() {
        guard let http else { return }
        http.bytesArrived()
        loop.bringForwardDeadline(of: self, to: http.exchange.deadline)
    }
}
