import DequeModule
import NIOCore
import Requests
import TLS
import Timing

/// TLS on one connection, in front of everything but a proxy's header: OpenSSL's session between NIO's socket and the
/// handlers behind, which see plain bytes.
///
/// It keeps the rules that they rely on. A channel is writable when its socket has taken everything, so at most one
/// chunk is encrypted ahead of the socket, and the rest waits unencrypted. Everything that is read is handed on at
/// once. The end of input, half-closing and closing work as without TLS, and the server sends a close_notify before
/// it ends.
final class TLSHandler: ChannelDuplexHandler, NIOOutboundByteBufferingChannelHandler, DeadlineTarget {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Sent through the pipeline when this is no TLS client: an answer is on its way, and nothing more comes.
    struct Refused {}

    enum Phase {
        /// No byte has come, and there is no session: an idle connection costs nothing here.
        case silent
        case handshaking
        case open
        /// The session has been given away, with the socket: nothing goes out here any more.
        case released
        /// Failed or closed; bytes that still come are dropped.
        case over
    }

    /// Data waiting to be encrypted; its reader index says how much of it has been.
    struct Waiting {
        var data: ByteBuffer
        let promise: EventLoopPromise<Void>?
    }

    /// Answers to a client's changes of keys that may wait for it to read them.
    private static let maxUnreadAnswerBytes = 4_096
    /// What a record may add to what one read has brought: all but its end had come before.
    private static let recordBytes = 17 << 10

    let loop: LoopContext
    let tls: LoopTLS
    var session: TLSSession?
    private(set) var phase = Phase.silent
    /// Ciphertext that came before the handshake's turn.
    private var early: ByteBuffer?
    private var isWaitingForTurn = false
    private var readsAreHeld = false
    var waiting: Deque<Waiting> = []
    /// How many of `waiting` have been flushed.
    var flushed = 0
    var isPumping = false
    /// What the handlers behind have been told.
    var toldWritable = true
    /// Our direction ends when all data is out.
    var closesOutput = false
    var outputPromise: EventLoopPromise<Void>?
    var outputHasEnded = false
    private(set) var inputHasEnded = false
    private var unreadAnswerBytes = 0
    /// While it shakes hands.
    var deadlinePlace = DeadlinePlace()
    private var channelContext: ChannelHandlerContext?

    init(_ tls: LoopTLS, loop: LoopContext) {
        self.tls = tls
        self.loop = loop
    }

    // MARK: Life

    func handlerAdded(context: ChannelHandlerContext) { channelContext = context }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelInactive(context: ChannelHandlerContext) {
        if phase == .handshaking { tls.service.failed(.ended) }
        end()
        context.fireChannelInactive()
    }

    /// The session is over, for any reason.
    func end() {
        leave(for: .over)
        session = nil
        early = nil
        channelContext = nil
        failWaiting()
    }

    private func leave(for next: Phase) {
        switch phase {
        case .handshaking: tls.ended(self)
        case .open: tls.service.closed()
        case .silent, .released, .over: break
        }
        phase = next
    }

    /// The connection's deadline has passed, and it is about to be closed.
    func timedOut() {
        guard phase == .handshaking || phase == .silent else { return }
        tls.service.failed(.timeout)
        leave(for: .over)
    }

    /// Another handshake wants the place of this one, whose client has had its time; unless it is the server that is
    /// slow.
    func deadlineReached(at now: MonotonicTime) {
        guard !isWaitingForTurn else { return tls.setPatience(for: self, at: now) }
        tls.service.failed(.busy)
        leave(for: .over)
        channelContext?.close(promise: nil)
    }

    /// What ALPN agreed on, if anything.
    var applicationProtocol: String? { session?.applicationProtocol }

    /// Gives the session away. Its next owner gets all bytes behind those handed on so far. Everything that was
    /// written must have been sent.
    func release() -> TLSSession? {
        guard phase == .open, var session = session.take() else { return nil }
        session.detach()
        leave(for: .released)
        return session
    }

    // MARK: Bytes in

    func read(context: ChannelHandlerContext) {
        if isWaitingForTurn { readsAreHeld = true } else { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let arrived = unwrapInboundIn(data)
        guard arrived.readableBytes > 0 else { return }
        if phase == .silent, !begin(arrived, context) { return loop.giveBackReadBuffer(arrived) }
        if phase == .handshaking, isWaitingForTurn || !tls.takesTurn(self) {
            isWaitingForTurn = true
            early.setOrWriteImmutableBuffer(ByteBuffer(bytes: arrived.readableBytesView))
            return loop.giveBackReadBuffer(arrived)
        }
        take(arrived, context)
    }

    /// Goes on with a handshake that had to wait.
    func turnCame() {
        isWaitingForTurn = false
        guard let context = channelContext else { return }
        if let early = early.take(), phase == .handshaking {
            take(early, context)
            context.fireChannelReadComplete()
        }
        if readsAreHeld {
            readsAreHeld = false
            context.read()
        }
    }

    /// Looks at the first byte, and makes a session for what may be a ClientHello.
    private func begin(_ arrived: ByteBuffer, _ context: ChannelHandlerContext) -> Bool {
        let first = arrived.getInteger(at: arrived.readerIndex, as: UInt8.self) ?? 0
        guard first == Self.handshakeRecord else {
            let isHTTP = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first)
            tls.service.failed(isHTTP ? .plainHTTP : .malformed)
            refuse(isHTTP ? ByteBuffer(bytes: Handshake.Refusal.needsTLS.response) : ByteBuffer(), context)
            return false
        }
        guard tls.mayBegin(self) else {
            tls.service.failed(.busy)
            phase = .over
            context.close(promise: nil)
            return false
        }
        session = tls.makeSession()
        phase = .handshaking
        return true
    }

    /// The content type of a handshake's records (RFC 8446 §5.1).
    private static let handshakeRecord: UInt8 = 22

    private func take(_ arrived: ByteBuffer, _ context: ChannelHandlerContext) {
        guard phase == .handshaking || phase == .open else { return loop.giveBackReadBuffer(arrived) }
        var plain = loop.takePlainBuffer()
        var records: [UInt8] = []
        var outcome = arrived.withUnsafeReadableBytes { input in
            tls.run(input, records: &records) { step(&plain, capacity: input.count + Self.recordBytes) }
        }
        loop.giveBackReadBuffer(arrived)
        if !records.isEmpty, !answer(records, context) { outcome = .needsRoom }
        // The handshake's last flight may be waiting still.
        tellWritability(context)
        if plain.readableBytes > 0, phase == .open {
            context.fireChannelRead(wrapInboundOut(plain))
        } else {
            loop.giveBackReadBuffer(plain)
        }
        finish(outcome, context)
    }

    /// Goes on with the handshake, and decrypts all there is.
    private func step(_ plain: inout ByteBuffer, capacity: Int) -> TLSSession.Step {
        if phase == .handshaking {
            let outcome = session?.handshake() ?? .failed
            guard outcome == .done(0) else { return outcome }
            leave(for: .open)
            tls.service.opened()
        }
        var outcome = TLSSession.Step.done(0)
        plain.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { room in
            var total = 0
            while case .done(let count) = outcome, let start = room.baseAddress {
                total += count
                outcome = session?.read(into: start + total, byteCount: room.count - total) ?? .failed
            }
            return total
        }
        return outcome
    }

    /// Sends records that OpenSSL has made by itself: of the handshake, an alert, an answer to a change of keys.
    ///
    /// - Returns: false if too many wait for a client that does not read them.
    private func answer(_ records: [UInt8], _ context: ChannelHandlerContext) -> Bool {
        if outputHasEnded { return true }
        unreadAnswerBytes = context.channel.isWritable ? 0 : unreadAnswerBytes + records.count
        guard phase == .handshaking || unreadAnswerBytes <= Self.maxUnreadAnswerBytes else { return false }
        isPumping = true
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: records)), promise: nil)
        isPumping = false
        tellWritability(context)
        return true
    }

    // MARK: Ends

    private func finish(_ outcome: TLSSession.Step, _ context: ChannelHandlerContext) {
        switch (phase, outcome) {
        case (.silent, _), (.released, _), (.over, _), (_, .done), (_, .needsInput):
            return
        case (.open, .ended):
            inputEnded(context)
        case (.open, .failed), (.open, .needsRoom):
            leave(for: .over)
            context.close(promise: nil)
        case (.handshaking, _):
            tls.service.failed(.init(session?.failure ?? .malformed))
            // Its alert is on its way.
            refuse(ByteBuffer(), context)
        }
    }

    private func inputEnded(_ context: ChannelHandlerContext) {
        guard !inputHasEnded else { return }
        inputHasEnded = true
        context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
    }

    /// Sends a last word in plain bytes. The connection is not closed at once, so that bytes still coming in do not make
    /// the kernel drop it.
    private func refuse(_ last: ByteBuffer, _ context: ChannelHandlerContext) {
        leave(for: .over)
        session = nil
        if last.readableBytes > 0 { context.writeAndFlush(wrapOutboundOut(last), promise: nil) }
        context.close(mode: .output, promise: nil)
        context.fireUserInboundEventTriggered(Refused())
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event as? ChannelEvent == .inputClosed else {
            return context.fireUserInboundEventTriggered(event)
        }
        switch phase {
        case .handshaking:
            tls.service.failed(.ended)
            leave(for: .over)
            context.close(promise: nil)
        case .open: inputEnded(context)
        case .silent, .over: context.fireUserInboundEventTriggered(event)
        case .released: return
        }
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        switch mode {
        case .input:
            context.close(mode: .input, promise: promise)
        case .output where phase == .open:
            closeOutput(promise, context)
        case .all where phase == .open && waiting.isEmpty && !closesOutput:
            closeBehindGoodbye(promise, context)
        case .output, .all:
            end()
            context.close(mode: mode, promise: promise)
        }
    }

    /// Closes once the client has been told. When this is called because another write has just completed, NIO sends
    /// nothing before it comes back; a socket that takes nothing then is not waited for.
    private func closeBehindGoodbye(_ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
        context.channel.closeFuture.cascade(to: promise)
        let said = context.eventLoop.makePromise(of: Void.self)
        said.futureResult.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
        goodbye(context, said)
        end()
        context.eventLoop.assumeIsolated().execute { context.close(promise: nil) }
    }
}
