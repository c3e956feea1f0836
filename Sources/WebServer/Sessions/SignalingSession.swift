import NIOCore
import Signaling
import Timing
import WebSocket

/// One WebSocket connection after its handshake: it turns bytes into client messages and asks the rules.
///
/// Bound to its event loop. Everything that goes out passes through its ``Mailbox``, also its own answers.
final class SignalingSession: ChannelInboundHandler, Placed {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        case open
        /// A close frame is on its way; what comes in is ignored until the client hangs up or time is up.
        case closing(deadline: MonotonicTime)
        case closed
    }

    /// Reasons to take nothing more from the client for a while.
    struct Holds: OptionSet {
        let rawValue: UInt8

        /// The peer is slower than this client.
        static let slowPeer = Holds(rawValue: 1 << 0)
        /// The store is being asked whether a room may be joined.
        static let authorizing = Holds(rawValue: 1 << 1)
    }

    /// A join that waits for a probe of a full room.
    struct AwaitedJoin {
        let room: Room<Mailbox>
        let device: DeviceMark?
        var retry: MonotonicTime
    }

    /// The socket takes nothing.
    struct Stall {
        /// When it last had taken everything.
        let began: MonotonicTime
        /// Since when it has not even taken a part, and how many bytes waited in it then.
        let since: MonotonicTime
        let waiting: Int
    }

    let service: SignalingService
    let loop: LoopContext
    let mailbox: Mailbox
    /// Called once when the connection is gone.
    private let onClose: () -> Void
    private var handshake: [UInt8]

    var deadlinePlace = DeadlinePlace()
    /// Its place in the loop's list of sessions.
    var place = -1
    var phase = Phase.open
    var room: Room<Mailbox>?
    var forwarding: Forwarding?
    var awaited: AwaitedJoin?
    /// The room id a store is being asked about; nil when none is.
    var authorizing: LiveRoomID?
    var joinLimit = RateLimit()
    var liveness: Liveness
    /// The room waits for a sign of life from this session.
    var isProbed = false
    /// Why nothing more is taken from the client for now, and since when.
    var holds: Holds = []
    var heldSince = MonotonicTime(nanoseconds: 0)
    /// What was read and must wait for the holds to end.
    var held = ByteBuffer()
    /// The client has sent its last byte.
    private(set) var inputHasEnded = false
    /// Nil while the socket has taken everything.
    var stall: Stall?
    /// It stands in the loop's list of those that have something waiting in memory.
    var isBuffering = false
    /// When the message began that has not ended, and how many came in pieces before it.
    var inputSince = MonotonicTime.distantFuture
    var notedMessages = 0
    /// Earliest time to close because the server is draining.
    var drainAt = MonotonicTime.distantFuture
    private(set) var channelContext: ChannelHandlerContext?
    private var decoder: FrameDecoder
    private var messageLimit = MessageLimit()
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
        mailbox = Mailbox(
            clientID: ClientID(using: &loop.generator), eventLoop: loop.eventLoop,
            maxBytes: service.limits.maxOutboxBytes)
        decoder = FrameDecoder(maxMessageBytes: service.limits.maxMessageBytes)
        liveness = Liveness(now: loop.now)
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
        mailbox.post(.connected(mailbox.clientID), on: loop)
        scheduleDeadline()
        loop.wakeAll()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        ended(.client)
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended(.client)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// The connection is gone: everybody who counted on it is told, once.
    private func ended(_ reason: SessionEnd) {
        if case .closed = phase { return }
        if case .open = phase { loop.counters.count(reason) }
        phase = .closed
        leaveRoom(.peerDisconnected)
        mailbox.close()?.signal(.resumeReading, on: loop)
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
        if case .open = phase {
            readAt = loop.now
            showLife(at: readAt)
            take(buffer)
            noteInput()
        }
        loop.giveBackReadBuffer(buffer)
    }

    /// Input of the client that is kept.
    var keptInputBytes: Int { decoder.keptByteCount &+ held.readableBytes }
    var collectedMessages: Int { decoder.collectedMessageCount }

    /// Forgets it: the session is about to end.
    func forgetInput() {
        held = ByteBuffer()
        decoder = FrameDecoder(maxMessageBytes: service.limits.maxMessageBytes)
    }

    /// Consumes what the holds allow and keeps the rest. While a client is held its socket is not read, so that
    /// bytes come in only when its connection ends and NIO reads what the kernel still has.
    func take(_ buffer: ByteBuffer) {
        var rest = buffer
        if holds.isEmpty {
            // The buffer's memory belongs to this event until it is given back, so it may be unmasked in place;
            // through the buffer's own mutating access it would be copied first.
            rest.moveReaderIndex(
                forwardBy: buffer.withUnsafeReadableBytes {
                    consume(UnsafeMutableRawBufferPointer(mutating: $0))
                })
        }
        guard case .open = phase, rest.readableBytes > 0 else { return }
        guard held.readableBytes + rest.readableBytes <= service.limits.maxOutboxBytes else {
            return abort(.flood)
        }
        held.writeImmutableBuffer(rest)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        inputHasEnded = true
        if case .open = phase, !holds.isEmpty { return }
        context.close(promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        loop.wakeAll()
        if asksForReads, holds.isEmpty { context.read() }
        context.fireChannelReadComplete()
    }

    /// HTTP's handlers lie behind this session on a reused connection: they are told that the input has ended, so
    /// that their task ends. They then hold back the channel's own reads for good; the session asks by itself.
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

    /// Decodes and carries out messages until the bytes end, the session does, or a hold begins.
    /// - Returns: how many bytes were consumed.
    private func consume(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
        var offset = 0
        while case .open = phase, holds.isEmpty {
            switch decoder.next(bytes, &offset) {
            case .needsMoreBytes:
                return offset
            case .message(let opcode, let text):
                switch messageLimit.judge(service.messageRules, at: readAt) {
                case .accept: received(text, opcode)
                case .refuse where opcode == .text && !UTF8Validator.isValid(text):
                    close(.invalidPayload, .invalidPayload)
                case .refuse: refuse(.rateLimited)
                case .close: close(.policyViolation, .flood)
                }
            case .ping(let payload):
                switch messageLimit.judge(service.messageRules, at: readAt) {
                case .accept, .refuse: mailbox.post(.pong, payload: payload, on: loop)
                case .close: close(.policyViolation, .flood)
                }
            case .pong:
                continue
            case .close(let code):
                answerClose(code, isLast: offset == bytes.count)
            case .violation(let code):
                close(code, .init(violation: code))
            }
        }
        return offset
    }

    private func received(_ text: UnsafeRawBufferPointer, _ opcode: Opcode) {
        do throws(SignalingError) {
            try handle(ClientMessage.parse(text, rules: service.rules), in: text)
        } catch .invalidJSON where opcode == .text && !UTF8Validator.isValid(text) {
            close(.invalidPayload, .invalidPayload)
        } catch {
            refuse(error)
        }
    }

    /// Answers with an error message. An error never ends the connection by itself.
    func refuse(_ error: SignalingError) {
        loop.counters.count(CountedRefusal(error))
        mailbox.post(.error(error), on: loop)
    }

    // MARK: Bytes out

    /// Looks into the mailbox: hands its frames to the socket once that has taken what it was given before, and
    /// acts on its signals. Only ``LoopContext/wakeAll()`` calls this, so that it never runs within itself.
    func collectMail() {
        guard let context = channelContext else { return }
        let channel = context.channel
        let isReady = channel.isWritable
        let batch = mailbox.take(withFrames: isReady)
        if isReady { stall = nil }
        batch.blockedSender?.signal(.resumeReading, on: loop)
        // Whoever is evicted or too slow gets nothing more; all others get it before signals change anything.
        let isLost = batch.signals.contains(.overflow) || batch.signals.contains(.evicted) && hasLostSeat
        if let frames = batch.frames, !isLost {
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
        if !channel.isWritable { watchForStall() }
    }

    /// Hands everything that waits to the channel, whether or not its socket keeps up, and takes nothing more:
    /// the close frame is the last of it.
    func flushLastFrames() {
        let batch = mailbox.take(withFrames: true)
        mailbox.close()?.signal(.resumeReading, on: loop)
        batch.blockedSender?.signal(.resumeReading, on: loop)
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
