import NIOCore
import Signaling
import Timing
import WebSocket

/// One WebSocket connection after its handshake: it turns bytes into events for ``SessionRules`` and their actions
/// into bytes.
///
/// Bound to its event loop. All output passes through its ``Mailbox``, its own answers included.
final class SignalingSession: ChannelInboundHandler, Placed {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let service: SignalingService
    let loop: LoopContext
    let mailbox: Mailbox
    /// Called once when the connection is gone.
    private let onClose: () -> Void
    private var handshake: [UInt8]

    var deadlinePlace = DeadlinePlace()
    /// Its place in the loop's list of sessions.
    var place = -1
    var rules: SessionRules
    /// The room of the participant's seat, and the one in which it waits for a seat.
    var room: Room<Mailbox>?
    var awaitedRoom: Room<Mailbox>?
    /// Input that was read while the client is held, and waits until the hold ends.
    var held = ByteBuffer()
    /// It is in the loop's list of connections that hold waiting bytes.
    var isBuffering = false
    /// When the message that is still incomplete began, and how many came in pieces before it.
    var inputSince = MonotonicTime.distantFuture
    var notedMessages = 0
    private(set) var channelContext: ChannelHandlerContext?
    private var decoder: FrameDecoder
    private var isWriting = false
    /// Nothing else reads from the channel any more.
    private(set) var asksForReads = false
    /// When the bytes at hand were read.
    var readAt = MonotonicTime(nanoseconds: 0)

    /// - Parameter handshake: the HTTP response that accepts the WebSocket; it leaves with the first frame.
    init(
        service: SignalingService, loop: LoopContext, handshake: [UInt8], onClose: @escaping () -> Void
    ) {
        self.handshake = handshake
        self.service = service
        self.loop = loop
        self.onClose = onClose
        mailbox = Mailbox(eventLoop: loop.eventLoop, bound: service.outboxBound)
        decoder = FrameDecoder(maxMessageBytes: service.limits.maxMessageBytes)
        rules = SessionRules(Participant(id: ClientID(using: &loop.generator)), now: loop.now)
    }

    // MARK: Life of the channel

    func handlerAdded(context: ChannelHandlerContext) {
        channelContext = context
        mailbox.session = self
        loop.sessions.add(self)
        loop.counters.opened &+= 1
        service.sessionOpened()
        mailbox.post(raw: handshake, on: loop)
        handshake = []
        mailbox.post(rules.greeting, on: loop)
        scheduleDeadline()
        loop.wakeAll()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ended()
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// The connection is gone: all parties that counted on it are told, once.
    private func ended() {
        switch rules.disconnected() {
        case .nothing: return
        case .depart: break
        case .departUnannounced(let reason): loop.counters.count(reason)
        }
        leaveRooms(.disconnected)
        mailbox.close()?.signal(.peerCaughtUp, on: loop)
        mailbox.session = nil
        channelContext = nil
        loop.sessions.remove(self)
        loop.removeDeadline(of: self)
        service.sessionClosed()
        onClose()
        loop.wakeAll()
    }

    // MARK: Bytes in

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        if rules.isOpen {
            readAt = loop.now
            perform(rules.heard(at: readAt))
            take(buffer)
            noteInput()
        }
        loop.giveBackReadBuffer(buffer)
    }

    /// Input of the client that is kept.
    var keptInputBytes: Int { decoder.keptByteCount &+ held.readableBytes }
    var collectedMessages: Int { decoder.collectedMessageCount }

    /// Drops the kept input: the session is about to end.
    func forgetInput() {
        held = ByteBuffer()
        decoder = FrameDecoder(maxMessageBytes: service.limits.maxMessageBytes)
    }

    /// Carries out what may be carried out now and keeps the rest if necessary.
    func take(_ buffer: ByteBuffer) {
        var rest = buffer
        if rules.takesMessages {
            // The buffer's memory belongs to this event until it is given back, so it may be unmasked in place;
            // through the buffer's own mutating access it would be copied first.
            rest.moveReaderIndex(
                forwardBy: buffer.withUnsafeReadableBytes {
                    consume(UnsafeMutableRawBufferPointer(mutating: $0))
                })
        }
        guard rest.readableBytes > 0 else { return }
        switch rules.leftOver(held.readableBytes + rest.readableBytes, service.bounds) {
        case .keep: held.writeImmutableBuffer(rest)
        case .discard: return
        case .end(let ending): end(ending)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        perform(rules.inputEnded())
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        loop.wakeAll()
        if asksForReads, rules.readsSocket { context.read() }
        context.fireChannelReadComplete()
    }

    /// On a reused connection HTTP's handlers are behind this session. They are told that the input has ended, so
    /// that their task ends. From then on they hold back the channel's own reads; the session asks for reads
    /// itself.
    func retireHTTP() {
        asksForReads = true
        channelContext?.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        channelContext?.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !isWriting, context.channel.isWritable {
            loop.wakeLater(mailbox)
            loop.wakeAll()
        }
        context.fireChannelWritabilityChanged()
    }

    /// Decodes and carries out messages until the bytes end, the session does, or the client is held.
    /// - Returns: how many bytes were consumed.
    private func consume(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
        var offset = 0
        while rules.takesMessages {
            switch decoder.next(bytes, &offset) {
            case .needsMoreBytes: return offset
            case .message(let opcode, let text):
                switch rules.admit(at: readAt, service.bounds) {
                case .take: read(text, opcode)
                case .overRate: refused(.rateLimited, text, opcode)
                case .end(let ending): end(ending)
                }
            case .ping(let payload):
                switch rules.pinged(at: readAt, service.bounds) {
                case .pongFrame: mailbox.post(.pong, payload: payload, on: loop)
                case .end(let ending): end(ending)
                }
            case .pong: continue
            case .close(let code):
                let isLast = offset == bytes.count
                end(rules.clientClosed(code?.rawValue, isLast: isLast, at: loop.now))
            case .violation(let code):
                end(rules.violated(SessionEnd(violation: code), at: loop.now))
            }
        }
        return offset
    }

    private func read(_ text: UnsafeRawBufferPointer, _ opcode: Opcode) {
        do throws(SignalingError) {
            try received(ClientMessage.parse(text, rules: service.rules), in: text)
        } catch {
            refused(error, text, opcode)
        }
    }

    private func refused(_ error: SignalingError, _ text: UnsafeRawBufferPointer, _ opcode: Opcode) {
        perform(
            rules.refused(error, at: loop.now, isText: opcode == .text) { UTF8Validator.isValid(text) })
    }

    // MARK: Bytes out

    /// Looks into the mailbox. Hands its frames to the socket once the socket has taken the earlier ones, and acts
    /// on its signals. Only ``LoopContext/wakeAll()`` calls this, so that it never runs within itself.
    func collectMail() {
        guard let context = channelContext else { return }
        let channel = context.channel
        let isReady = channel.isWritable
        let batch = mailbox.take(withFrames: isReady)
        if isReady { rules.socketIsFree() }
        batch.blockedSender?.signal(.peerCaughtUp, on: loop)
        if let frames = batch.frames, rules.mayWrite(batch.signals, hasLostSeat: { hasLostSeat }) {
            isWriting = true
            context.writeAndFlush(wrapOutboundOut(frames), promise: nil)
            isWriting = false
            if batch.forwarded > 0 {
                let elapsed = loop.now.nanoseconds - batch.forwardedSince
                loop.counters.countForwarded(batch.forwarded, nanoseconds: elapsed)
            }
            if channel.isWritable { loop.recycle(frames) }
        }
        if !batch.signals.isEmpty { act(on: batch.signals) }
        if !channel.isWritable {
            loop.noteBuffering(self)
            perform(rules.socketIsFull(at: loop.now) { bytesWaiting })
        }
    }

    /// Hands all waiting bytes to the channel, whether or not its socket keeps up, and takes nothing more. The
    /// close frame is the last of them.
    func flushLastFrames() {
        let batch = mailbox.take(withFrames: true)
        mailbox.close()?.signal(.peerCaughtUp, on: loop)
        batch.blockedSender?.signal(.peerCaughtUp, on: loop)
        guard let context = channelContext, let frames = batch.frames else { return }
        context.writeAndFlush(wrapOutboundOut(frames), promise: nil)
    }
}

extension SessionEnd {
    fileprivate init(violation code: WebSocket.CloseCode) {
        switch code {
        case .messageTooBig: self = .tooBig
        case .invalidPayload: self = .invalidPayload
        default: self = .protocolError
        }
    }
}
