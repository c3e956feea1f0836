import Backlog
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import Requests

/// Stands behind the HTTP decoder: it knows when requests and responses begin and end, answers what the decoder
/// refuses, and keeps a request's body within bounds whatever becomes of the request.
final class HTTPConnectionGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// A request that sends more than this is cut off, also while it is only read to be dropped.
    static let maxBodyBytes = 1_048_576

    /// Its rules are told of requests and responses. It lets go of this guard when it leaves the pipeline.
    private let gate: ConnectionGate
    private var bodyBytes = 0
    private var requestIsOpen = false
    private var responseIsOpen = false
    private var closesAfterResponse = false
    /// The last response is out; the rest of its request is dropped, so that the kernel does not drop the response.
    private var isLingering = false
    /// The last response is on its way to the socket.
    private var isEnding = false
    /// The input was not HTTP, or ended within a request; nothing more goes out.
    private var hasFailed = false

    init(gate: ConnectionGate) { self.gate = gate }

    /// What has come of the body of a request that is not answered, and may be kept until it is.
    var keptBodyBytes: Int { gate.rules.isAnswered || isLingering ? 0 : bodyBytes }

    /// The request that comes is of a client that does not expect the connection to go on (HTTP/1.0).
    func closeAfterNextResponse() { closesAfterResponse = true }

    /// Closes once the open exchange, if any, is over and the socket has taken its response.
    func closeWhenIdle(_ channel: any Channel) {
        closesAfterResponse = true
        if gate.rules.isIdle, channel.isWritable { channel.close(promise: nil) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if closesAfterResponse, gate.rules.isIdle, !isEnding, context.channel.isWritable {
            context.close(promise: nil)
        }
        context.fireChannelWritabilityChanged()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if isLingering { return drop(unwrapInboundIn(data), context) }
        switch unwrapInboundIn(data) {
        case .head:
            requestIsOpen = true
            bodyBytes = 0
            gate.rules.requestBegan()
        case .body(let bytes):
            bodyBytes += bytes.readableBytes
            if bodyBytes > Self.maxBodyBytes { return cutOff(context) }
        case .end:
            requestIsOpen = false
            gate.rules.requestEnded(at: gate.loop.now)
        }
        context.fireChannelRead(data)
    }

    private func cutOff(_ context: ChannelHandlerContext) {
        gate.server.metrics.ended(.bodyTooLarge)
        context.close(promise: nil)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if hasFailed || isEnding || isLingering { return promise?.fail(ChannelError.outputClosed) ?? () }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            responseIsOpen = head.status.kind != .informational
            if head.headerFields[.connection] == "close" { closesAfterResponse = true }
            if closesAfterResponse, responseIsOpen { head.headerFields[.connection] = "close" }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body(let bytes):
            context.write(data, promise: promise)
            if bytes.readableBytes >= BufferBudget.notedBytes { gate.loop.noteBuffering(gate) }
        case .end:
            responseIsOpen = false
            gate.rules.responseEnded(at: gate.loop.now, requestIsOpen: requestIsOpen)
            if closesAfterResponse {
                writeLast(data, promise, context)
            } else {
                context.writeAndFlush(data, promise: promise)
                gate.answered()
            }
        }
    }

    /// Writes the end of the last response and ends the connection once the socket has taken all of it.
    private func writeLast(
        _ data: NIOAny, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext
    ) {
        isEnding = true
        let written = promise ?? context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.isEnding = false
            self.end(context)
        }
        context.writeAndFlush(data, promise: written)
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        if isEnding || isLingering, mode != .input {
            context.channel.closeFuture.cascade(to: promise)
        } else {
            context.close(mode: mode, promise: promise)
        }
    }

    /// The last response is written. Closes, or lingers while its request is still coming in.
    private func end(_ context: ChannelHandlerContext) {
        if requestIsOpen { linger(context) } else { context.close(promise: nil) }
    }

    /// Half-closes, and drops what still comes in for a while.
    private func linger(_ context: ChannelHandlerContext) {
        isLingering = true
        gate.httpLingers()
        context.close(mode: .output, promise: nil)
        context.read()
    }

    private func drop(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head: return
        case .body(let bytes):
            bodyBytes += bytes.readableBytes
            if bodyBytes > Self.maxBodyBytes { cutOff(context) }
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

    /// The decoder gave up, or the input ended within a request. The client is told why as far as HTTP allows, and
    /// the reader of the request is told that it is incomplete.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if isLingering { return context.fireErrorCaught(error) }
        let isInTurn = gate.rules.isAnswered || requestIsOpen
        guard isInTurn, !isEnding, !responseIsOpen, context.channel.isActive else {
            hasFailed = true
            context.fireErrorCaught(error)
            return context.close(promise: nil)
        }
        // A request that was answered before its end gets no second answer.
        let wasAnsweredEarly = requestIsOpen && gate.rules.isAnswered
        if !wasAnsweredEarly { answer(error, context) }
        hasFailed = true
        // First the error: half-closing may end the input, and then it would seem to be whole.
        context.fireErrorCaught(error)
        linger(context)
    }

    private func answer(_ error: any Error, _ context: ChannelHandlerContext) {
        let isTooLarge = (error as? HTTPParserError) == .headerOverflow
        let id = isTooLarge ? "headers_too_large" : "bad_request"
        let message =
            isTooLarge ? "The request's header fields are too large." : "The request is not valid HTTP."
        gate.server.metrics.refused(id)
        let body = #"{"error":"\#(id)","message":"\#(message)"}"#
        let head = HTTPResponse(
            status: isTooLarge ? .requestHeaderFieldsTooLarge : .badRequest,
            headerFields: [
                .contentType: "application/json", .contentLength: String(body.utf8.count),
                .connection: "close",
            ])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(string: body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
