import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import Signaling

/// Stands behind the HTTP decoder: it knows when requests and responses begin and end, answers what the decoder
/// refuses, and keeps a request's body within bounds whatever becomes of the request.
final class HTTPConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// A request that sends more than this is cut off, also while it is only read to be dropped.
    static let maxBodyBytes = 1_048_576

    private(set) var exchange: HTTPExchange
    private let loop: LoopContext
    private var bodyBytes = 0
    private var requestIsOpen = false
    private var responseIsOpen = false
    private var closesAfterResponse = false
    /// The last response is out; the rest of its request is dropped, so that the kernel does not drop the response.
    private var isLingering = false
    /// Told when the exchange has to be over earlier than it seemed.
    private let onDeadline: (MonotonicTime) -> Void
    /// The connection has become a WebSocket: HTTP's wish to half-close it no longer counts.
    private var isRetired = false

    init(
        limits: ConnectionLimits, loop: LoopContext, onDeadline: @escaping (MonotonicTime) -> Void
    ) {
        self.loop = loop
        self.onDeadline = onDeadline
        exchange = HTTPExchange(limits: limits, now: loop.now)
    }

    func bytesArrived() { exchange.bytesArrived(at: loop.now) }

    /// The request that comes is of a client that does not expect the connection to go on (HTTP/1.0).
    func closeAfterNextResponse() { closesAfterResponse = true }

    /// HTTP ends on this connection, which lives on as a WebSocket.
    func retire() { isRetired = true }

    /// Closes once the open exchange, if any, is over.
    func closeWhenIdle(_ channel: any Channel) {
        if exchange.isIdle { channel.close(promise: nil) } else { closesAfterResponse = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isLingering { return drop(unwrapInboundIn(data), context) }
        switch unwrapInboundIn(data) {
        case .head:
            requestIsOpen = true
            bodyBytes = 0
        case .body(let bytes):
            bodyBytes += bytes.readableBytes
            if bodyBytes > Self.maxBodyBytes { return context.close(promise: nil) }
        case .end:
            requestIsOpen = false
            exchange.requestEnded(at: loop.now)
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(let head):
            responseIsOpen = head.status.kind != .informational
            if head.headerFields[.connection] == "close" { closesAfterResponse = true }
            context.write(data, promise: promise)
        case .body:
            context.write(data, promise: promise)
        case .end:
            responseIsOpen = false
            exchange.responseEnded(at: loop.now)
            context.writeAndFlush(data, promise: promise)
            if closesAfterResponse { end(context) }
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if isRetired, mode == .output {
            promise?.succeed()
        } else if isLingering, mode != .input {
            context.channel.closeFuture.cascade(to: promise)
        } else {
            context.close(mode: mode, promise: promise)
        }
    }

    /// The last response is written. Closes, or lingers while its request is still coming in.
    private func end(_ context: ChannelHandlerContext) {
        guard requestIsOpen else { return context.close(promise: nil) }
        isLingering = true
        exchange.lingers(at: loop.now)
        onDeadline(exchange.deadline)
        context.close(mode: .output, promise: nil)
        context.read()
    }

    private func drop(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head: return
        case .body(let bytes):
            bodyBytes += bytes.readableBytes
            if bodyBytes > Self.maxBodyBytes { context.close(promise: nil) }
        case .end:
            context.close(promise: nil)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isLingering { context.read() } else { context.fireChannelReadComplete() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isLingering, event as? ChannelEvent == .inputClosed { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    /// The decoder gave up: the client learns why, as far as HTTP allows.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isRetired, !isLingering, !responseIsOpen,
            exchange.isIdle || requestIsOpen || !exchange.hasAnswered
        else {
            return context.close(promise: nil)
        }
        responseIsOpen = true
        let isTooLarge = (error as? HTTPParserError) == .headerOverflow
        let body =
            isTooLarge
            ? #"{"error":"headers_too_large","message":"The request's header fields are too large."}"#
            : #"{"error":"bad_request","message":"The request is not valid HTTP."}"#
        let head = HTTPResponse(
            status: isTooLarge ? .requestHeaderFieldsTooLarge : .badRequest,
            headerFields: [
                .contentType: "application/json", .contentLength: String(body.utf8.count),
                .connection: "close",
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(string: body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(mode: .output, promise: nil)
    }
}
