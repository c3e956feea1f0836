import DequeModule
import NIOCore
import TLS

extension TLSHandler {
    /// Data encrypted at a time; no more is until the socket has taken it. With what encryption adds it fits a buffer
    /// that the loop keeps.
    private static let chunkBytes = 3 * LoopTLS.recordDataBytes

    /// Data that has not been encrypted.
    var outboundBufferedBytes: Int { waiting.reduce(0) { $0 + $1.data.readableBytes } }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard phase == .open, !closesOutput else { return promise?.fail(ChannelError.outputClosed) ?? () }
        waiting.append(Waiting(data: unwrapOutboundIn(data), promise: promise))
    }

    func flush(context: ChannelHandlerContext) {
        flushed = waiting.count
        pump(context)
        tellWritability(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard !isPumping else { return }
        pump(context)
        tellWritability(context)
    }

    /// Tells the handlers behind when the socket has taken everything, or no longer does. While it is pumped, they are
    /// not told of each chunk.
    func tellWritability(_ context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        guard isWritable != toldWritable, phase == .open else { return }
        toldWritable = isWritable
        context.fireChannelWritabilityChanged()
    }

    /// Encrypts and writes as long as the socket takes everything.
    private func pump(_ context: ChannelHandlerContext) {
        guard !isPumping else { return }
        isPumping = true
        while phase == .open, flushed > 0, context.channel.isWritable {
            guard writeChunk(context) else {
                isPumping = false
                return context.close(promise: nil)
            }
        }
        isPumping = false
        if phase == .open, closesOutput, waiting.isEmpty { endOutput(context) }
    }

    private func writeChunk(_ context: ChannelHandlerContext) -> Bool {
        var records = loop.takeBuffer()
        var promises: [EventLoopPromise<Void>] = []
        while flushed > 0, records.readableBytes < Self.chunkBytes {
            let data = waiting[0].data
            if data.readableBytes > 0 {
                let step = data.withUnsafeReadableBytes { tls.encrypt($0, with: &session, to: &records) }
                guard case .done(let count) = step else { return false }
                waiting[0].data.moveReaderIndex(forwardBy: count)
                if count < data.readableBytes { continue }
            }
            if let promise = waiting.removeFirst().promise { promises.append(promise) }
            flushed -= 1
        }
        context.writeAndFlush(wrapOutboundOut(records), promise: Self.joined(promises, context.eventLoop))
        if context.channel.isWritable { loop.recycle(records) }
        return true
    }

    /// One promise that keeps all of them.
    private static func joined(
        _ promises: [EventLoopPromise<Void>], _ eventLoop: any EventLoop
    ) -> EventLoopPromise<Void>? {
        guard promises.count > 1 else { return promises.first }
        let all = eventLoop.makePromise(of: Void.self)
        for promise in promises { all.futureResult.cascade(to: promise) }
        return all
    }

    // MARK: Ends

    /// Half-closes behind all data.
    func closeOutput(_ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        guard !closesOutput else { return promise?.fail(ChannelError.outputClosed) ?? () }
        closesOutput = true
        outputPromise = promise
        flushed = waiting.count
        pump(context)
    }

    /// All data is out, or on its way: the client is told that nothing follows. With its direction ended too, the
    /// connection closes once the socket has taken that, as a plain one does.
    private func endOutput(_ context: ChannelHandlerContext) {
        guard !outputHasEnded else { return }
        outputHasEnded = true
        let promise = outputPromise.take()
        guard inputHasEnded else {
            goodbye(context)
            return context.close(mode: .output, promise: promise)
        }
        let said = context.eventLoop.makePromise(of: Void.self)
        said.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: promise) }
        goodbye(context, said)
    }

    /// Sends close_notify (RFC 8446 §6.1).
    func goodbye(_ context: ChannelHandlerContext, _ promise: EventLoopPromise<Void>? = nil) {
        var records: [UInt8] = []
        _ = tls.run(UnsafeRawBufferPointer(start: nil, count: 0), records: &records) {
            session?.close()
            return .done(0)
        }
        // No handler needs to hear that the socket is busy with it.
        let wasPumping = isPumping
        isPumping = true
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: records)), promise: promise)
        isPumping = wasPumping
    }

    /// The connection is gone: writes that are still waiting fail.
    func failWaiting() {
        flushed = 0
        outputPromise.take()?.fail(ChannelError.ioOnClosedChannel)
        while let dropped = waiting.popFirst() { dropped.promise?.fail(ChannelError.ioOnClosedChannel) }
    }
}
