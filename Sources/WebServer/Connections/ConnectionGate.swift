import NIOCore
import Signaling

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

    /// What the next bytes are.
    private enum Expecting {
        case head
        /// The rest of a request's body.
        case body(Int)
        /// Only the HTTP decoder can tell where requests end here; no WebSocket is looked for any more.
        case anything
    }

    private enum Stage {
        case routing
        /// A session stands behind the gate and takes all bytes.
        case session
        /// The handshake was refused: nothing more is taken.
        case refused
    }

    private let server: ServerContext
    private let loop: LoopContext
    private var expecting = Expecting.head
    /// The beginning of a head that is not complete.
    private var held = ByteBuffer()
    private var http: HTTPConnectionGuard?
    private var stage = Stage.routing
    /// How much of `held` has been searched for the end of a head.
    private var searched = 0
    private var context: ChannelHandlerContext?
    private let openedAt: MonotonicTime
    var deadlinePlace = DeadlinePlace()
    /// Its place in the loop's list; -1 outside.
    var place = -1

    init(server: ServerContext, loop: LoopContext) {
        self.server = server
        self.loop = loop
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

    private func retire() {
        context = nil
        loop.removeDeadline(of: self)
        loop.gates.remove(self)
    }

    func deadlineReached(at now: MonotonicTime) {
        guard let context else { return }
        if case .refused = stage { return context.close(promise: nil) }
        let deadline = http?.exchange.deadline ?? openedAt
        if now >= deadline {
            server.metrics.ended(http?.exchange.timeout ?? .handshakeTimeout)
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
        if case .session = stage { return context.fireChannelRead(data) }
        let arrived = unwrapInboundIn(data)
        if case .routing = stage { held.writeImmutableBuffer(arrived) }
        loop.giveBackReadBuffer(arrived)
        route(context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch stage {
        case .routing where http == nil && event as? ChannelEvent == .inputClosed,
            .refused where event as? ChannelEvent == .inputClosed:
            context.close(promise: nil)
        case .routing, .refused, .session:
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func route(_ context: ChannelHandlerContext) {
        while case .routing = stage, held.readableBytes > 0 {
            switch expecting {
            case .anything:
                return feed(held.readableBytes, context)
            case .body(let rest):
                let count = min(rest, held.readableBytes)
                expecting = count == rest ? .head : .body(rest - count)
                feed(count, context)
            case .head:
                switch held.withUnsafeReadableBytes({ RequestHead.parse($0, searched: searched) }) {
                case .incomplete where held.readableBytes <= server.configuration.connections.maxHeaderBytes:
                    searched = held.readableBytes
                    return requestBegan()
                case .incomplete, .unreadable:
                    expecting = .anything
                case .complete(_, let length) where length > server.configuration.connections.maxHeaderBytes:
                    // The decoder has the same bound, and the answer.
                    expecting = .anything
                case .complete(let head, let length):
                    meet(head, length, context)
                }
            }
        }
    }

    private func meet(_ head: RequestHead, _ length: Int, _ context: ChannelHandlerContext) {
        let isFresh = http?.exchange.isAnswered ?? true
        let verdict = Handshake.judge(head, allowedOrigins: server.configuration.http.allowedOrigins)
        switch verdict {
        case .accept(let response) where isFresh:
            held.moveReaderIndex(forwardBy: length)
            open(head, response, context)
        case .refuse(let refusal) where isFresh:
            refuse(refusal, context)
        case .otherRequest where head.isHTTP11 && head.hostCount != 1:
            // Out of turn there is no place for an answer.
            if isFresh { refuse(.badHost, context) } else { context.close(promise: nil) }
        case .otherRequest where isFresh && head.method == "CONNECT":
            refuse(.noTunnel, context)
        case .accept, .refuse, .otherRequest:
            switch head.framing {
            case .length(let body): expecting = body == 0 ? .head : .body(body)
            case .unknown: expecting = .anything
            }
            feed(length, context)
            // Where the next request begins would not be known, and a handshake not be recognised.
            if !head.isHTTP11 || head.framing == .unknown { http?.closeAfterNextResponse() }
        }
    }

    /// Passes bytes on to HTTP, which is installed for the first of them.
    private func feed(_ count: Int, _ context: ChannelHandlerContext) {
        do {
            if http == nil {
                http = try server.installHTTP(on: context.channel, loop: loop) { [loop, weak self] deadline in
                    if let self { loop.bringForwardDeadline(of: self, to: deadline) }
                }
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

    // MARK: WebSocket

    private func open(_ head: RequestHead, _ response: [UInt8], _ context: ChannelHandlerContext) {
        let origin = server.resolver.resolve(
            peer: context.remoteAddress, forwardedFor: head.forwardedFor,
            hasOtherForwardingHeader: head.hasOtherForwardingHeader)
        if server.isDraining { return refuse(.draining, context) }
        let key = server.countsAtHandshake(context.remoteAddress) && !origin.isLocal ? origin.key : nil
        if let key, server.connections.take(key, at: loop.now) != nil {
            return refuse(.tooManyConnections, context)
        }
        stage = .session
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

    private func refuse(_ refusal: Handshake.Refusal, _ context: ChannelHandlerContext) {
        held.clear()
        stage = .refused
        server.metrics.refused(refusal.id)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: refusal.response)), promise: nil)
        context.close(mode: .output, promise: nil)
        loop.setDeadline(of: self, to: loop.now + SignalingSession.lingerTime)
    }
}

extension Handshake.Refusal {
    fileprivate static let draining = Handshake.Refusal(
        status: "503 Service Unavailable", id: "draining",
        message: "The server is about to stop; connect again.",
        fields: ["Retry-After: 5"])
    /// RFC 9112 §3.2.
    fileprivate static let badHost = Handshake.Refusal(
        status: "400 Bad Request", id: "bad_request",
        message: "An HTTP/1.1 request has exactly one Host field.")
    fileprivate static let noTunnel = Handshake.Refusal(
        status: "404 Not Found", id: "not_found", message: "There is nothing here.")
    fileprivate static let tooManyConnections = Handshake.Refusal(
        status: "429 Too Many Requests", id: "rate_limited",
        message: "Too many connections from this address.", fields: ["Retry-After: 60"])
}
