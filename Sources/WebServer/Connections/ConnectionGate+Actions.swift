import NIOCore
import Requests

extension ConnectionGate {
    /// Does what the rules say.
    func perform(_ action: GateAction) {
        guard let context else { return }
        switch action {
        case .nothing: return
        case .skip(let byteCount): held.moveReaderIndex(forwardBy: byteCount)
        case .feed(let byteCount, let hidden, let isLast): feed(byteCount, hiding: hidden, isLast, context)
        case .admit(let handshake): admit(handshake, context)
        // Carried out by `admit`, which has the response.
        case .openSession: return
        case .refuse(let refusal): refuse(refusal, context)
        case .linger: dropHeld()
        case .stopReading: _ = context.channel.setOption(.autoRead, value: false)
        case .resume: resume(context)
        case .readAgain: _ = context.channel.setOption(.autoRead, value: true)
        case .passOnEnd: context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case .handOver: handOver(context)
        case .closeWhenIdle: http?.closeWhenIdle(context.channel)
        case .close: context.close(promise: nil)
        case .end(let reason):
            server.metrics.ended(reason)
            if reason == .handshakeTimeout { tls?.timedOut() }
            context.close(promise: nil)
        }
    }

    /// Passes bytes on to HTTP, which is installed for the first of them.
    private func feed(
        _ byteCount: Int, hiding hidden: [Range<Int>], _ isLast: Bool, _ context: ChannelHandlerContext
    ) {
        for name in hidden { held.setString("x-noted", at: held.readerIndex + name.lowerBound) }
        do {
            if http == nil { http = try server.installHTTP(behind: self, on: context.channel) }
        } catch {
            held.clear()
            return context.close(promise: nil)
        }
        if isLast { http?.closeAfterNextResponse() }
        guard let slice = held.readSlice(length: byteCount) else { return }
        if held.readableBytes == 0 { held = ByteBuffer() }
        context.fireChannelRead(wrapInboundOut(slice))
    }

    /// Looks at what is held behind a request that has been answered.
    private func resume(_ context: ChannelHandlerContext) {
        advance()
        // No read of the socket stands behind this, but the handlers behind wait for its end.
        context.fireChannelReadComplete()
        perform(rules.caughtUp())
    }

    /// Answers with a refusal that ends the connection.
    private func refuse(_ refusal: Handshake.Refusal, _ context: ChannelHandlerContext) {
        server.metrics.refused(refusal.id)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: refusal.response)), promise: nil)
        context.close(mode: .output, promise: nil)
        dropHeld()
    }

    private func dropHeld() {
        held.clear()
        setDeadline()
    }
}
