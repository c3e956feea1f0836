package import Timing

/// What a connection may ask for, in which order and how long that may take: the rules of the gate that stands first on
/// every connection, without socket, clock or buffer.
///
/// Each event is a method, which returns the next action. The owner of the connection (a channel's handler, a stage in a
/// test) keeps the bytes that wait (``input``), turns what happens into events and carries out each action before it
/// reports the next event. Between events it follows two rules:
///
/// - whenever bytes have arrived or an answer is out, ``next(_:at:_:isTrustedProxy:)`` is asked until there is nothing
///   more to do;
/// - ``due(at:_:)`` is asked when ``deadline(_:)`` has come.
///
/// What waits is bounded: a head by `maxHeaderBytes`, and what comes behind an open request by one read, because the
/// socket is not read any more. When such a connection ends, the kernel's buffer is read to its end and waits too.
package struct GateRules: ~Copyable, Sendable {
    enum Stage: Sendable {
        /// Handshakes are told from other requests, which go on to HTTP.
        case routing
        /// A session behind the gate takes all bytes.
        case session
        /// It speaks STUN and goes to the relay as soon as its socket has taken everything.
        case handingOver
        /// The last answer is out; input is dropped, so that the kernel does not drop the answer.
        case lingering(until: MonotonicTime)
        /// It is closed, or the relay has it.
        case closed
    }

    /// The kind of the next bytes.
    enum Expecting: Sendable {
        case head
        /// The rest of a request's body.
        case body(Int)
        case chunkedBody(ChunkedFraming)
        /// Only the HTTP decoder can tell. It gets at most this many more bytes; the connection ends with its
        /// answer.
        case anything(Int)
    }

    /// How long a client may go on sending after the last answer.
    package static let lingerTime = Duration.seconds(2)
    /// The most bytes of a request without a recognisable end that the decoder gets, beside a head.
    static let maxUnreadableBytes = 65_536

    /// It speaks TLS.
    let isSecure: Bool
    /// Requests are redirected to TLS, at this port; nil where they are answered.
    let redirectPort: Int?
    /// When the connection was opened.
    let openedAt: MonotonicTime
    var stage = Stage.routing
    var expecting = Expecting.head
    /// How many of the held bytes have been searched for the end of a head.
    var searched = 0
    /// Nothing has been read yet.
    package private(set) var isSilent = true
    /// The next request is held until this one is answered.
    var isAwaitingAnswer = false
    /// The client has sent its last byte.
    var inputHasEnded = false
    /// Where HTTP stands; nil before it got its first byte.
    var exchange: HTTPExchange?

    /// A connection that is open from `now` on.
    ///
    /// - Parameters:
    ///   - isSecure: whether it speaks TLS.
    ///   - redirectPort: where its requests are redirected to; nil if they are not.
    package init(isSecure: Bool, redirectPort: Int?, now: MonotonicTime) {
        self.isSecure = isSecure
        self.redirectPort = redirectPort
        openedAt = now
    }

    // MARK: Bytes

    /// What becomes of bytes that arrive now.
    package var input: GateInput {
        switch stage {
        case .routing, .handingOver: .held
        case .session: .session
        case .lingering, .closed: .dropped
        }
    }

    /// The first byte has come, before anything else is asked. A connection speaks STUN if ALPN said so, or if its first
    /// byte is that of a STUN message (RFC 8489 §5), which cannot be HTTP's.
    package mutating func began(
        with first: UInt8, _ policy: GatePolicy, hasAgreedOnSTUN: @autoclosure () -> Bool
    ) {
        isSilent = false
        guard policy.handsOver, case .routing = stage else { return }
        if first < 0x04 || hasAgreedOnSTUN() { stage = .handingOver }
    }

    /// What to do with the first of the held bytes.
    ///
    /// - Parameter isTrustedProxy: whether the connection came through a proxy that is trusted to know how its clients
    ///   came to it; asked at most once.
    package mutating func next(
        _ held: UnsafeRawBufferPointer, at now: MonotonicTime, _ policy: GatePolicy,
        isTrustedProxy: () -> Bool
    ) -> GateAction {
        guard case .routing = stage, !held.isEmpty else { return .nothing }
        switch expecting {
        case .head:
            guard exchange?.isAnswered ?? true else { return awaitAnswer() }
            return readHead(held, at: now, policy, isTrustedProxy)
        case .body(let rest):
            let count = min(rest, held.count)
            expecting = count == rest ? .head : .body(rest - count)
            return feed(count, at: now)
        case .chunkedBody(var framing):
            let progress = framing.consume(held)
            expecting = .chunkedBody(framing)
            return feedChunks(held.count, progress, at: now)
        case .anything(let rest):
            guard rest > 0 else { return close() }
            let count = min(rest, held.count)
            expecting = .anything(rest - count)
            return feed(count, at: now, isLast: true)
        }
    }

    private mutating func feedChunks(
        _ heldCount: Int, _ progress: ChunkedFraming.Progress, at now: MonotonicTime
    ) -> GateAction {
        switch progress {
        case .continues: return feed(heldCount, at: now)
        case .ends(let count):
            expecting = .head
            return feed(count, at: now)
        case .malformed:
            expecting = .anything(Self.maxUnreadableBytes)
            return feed(heldCount, at: now, isLast: true)
        }
    }

    /// HTTP gets bytes of a request, which has to be complete in time.
    mutating func feed(
        _ byteCount: Int, at now: MonotonicTime, hiding: [Range<Int>] = [], isLast: Bool = false
    ) -> GateAction {
        searched = 0
        if exchange == nil { exchange = HTTPExchange(now: now) }
        exchange?.bytesArrived(at: now)
        return .feed(byteCount: byteCount, hiding: hiding, isLast: isLast)
    }

    private mutating func awaitAnswer() -> GateAction {
        if isAwaitingAnswer { return .nothing }
        isAwaitingAnswer = true
        return .stopReading
    }

    // MARK: Ends

    /// The client has closed its direction.
    package mutating func inputEnded() -> GateAction {
        switch stage {
        case .routing where isAwaitingAnswer:
            // The held requests were sent before; they get their answers.
            inputHasEnded = true
            return .nothing
        case .routing: return exchange == nil ? close() : .passOnEnd
        case .session: return .passOnEnd
        case .lingering: return close()
        // The relay sees it too.
        case .handingOver, .closed: return .nothing
        }
    }

    /// TLS ends the connection: its last word is on its way.
    package mutating func refusedByTLS(at now: MonotonicTime) -> GateAction {
        stage = .lingering(until: now + Self.lingerTime)
        return .linger
    }

    /// The server is about to stop.
    ///
    /// - Parameter atOnce: an open request is not waited for.
    package mutating func drain(atOnce: Bool) -> GateAction {
        exchange == nil || atOnce ? close() : .closeWhenIdle
    }

    /// Too much waits in memory, and this client is among the slowest.
    package mutating func isSlowest() -> GateAction {
        stage = .closed
        return .end(.memory)
    }

    /// The connection is gone.
    package mutating func disconnected() { stage = .closed }

    mutating func close() -> GateAction {
        stage = .closed
        return .close
    }
}
