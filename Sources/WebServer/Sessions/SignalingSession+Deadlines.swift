import NIOCore
import Signaling
import Timing
import WebSocket

extension SignalingSession: DeadlineTarget {
    /// A client that is slower than its peer has this long to take the close frame.
    static let lingerTime = Duration.seconds(2)
    /// A hold ends after this time whatever it waits for, and begins anew if need be.
    static let maxHold = Duration.seconds(10)

    // MARK: Deadlines

    /// Queues the session for the earliest thing it waits for.
    func scheduleDeadline() {
        var next = drainAt
        switch phase {
        case .closed: return
        case .closing(let deadline): next = deadline
        case .open:
            if let stall { next = min(next, stall.since + service.limits.writeTimeout) }
            if let awaited { next = min(next, awaited.retry) }
            next = min(
                next, holds.isEmpty ? liveness.deadline(service.livenessRules) : heldSince + Self.maxHold)
        }
        loop.bringForwardDeadline(of: self, to: next)
    }

    func deadlineReached(at now: MonotonicTime) {
        switch phase {
        case .closed: return
        case .closing(let deadline):
            if now >= deadline { channelContext?.close(promise: nil) }
        case .open:
            if now >= drainAt {
                close(.goingAway, .draining)
            } else if isStalled(at: now) {
                mailbox.discardFrames()
                close(.tryAgainLater, .slow)
            } else {
                if let awaited, now >= awaited.retry { retryJoin() }
                if !holds.isEmpty, now >= heldSince + Self.maxHold { giveUpHolding() }
                checkLiveness(at: now)
            }
        }
        scheduleDeadline()
        loop.wakeAll()
    }

    /// What was waited for has taken too long.
    private func giveUpHolding() {
        if authorizing != nil {
            authorizing = nil
            loop.counters.count(.storeUnavailable)
            refuse(.invalidRoomID)
        }
        release(.authorizing)
        release(.slowPeer)
    }

    private func checkLiveness(at now: MonotonicTime) {
        guard holds.isEmpty else { return }
        switch liveness.check(service.livenessRules, at: now) {
        case .wait: return
        case .ping: mailbox.post(.ping, payload: UnsafeRawBufferPointer(start: nil, count: 0), on: loop)
        case .dead: abort(.silent)
        }
    }

    /// Any frame is a sign of life, for the liveness timer and for a room that is probing.
    func showLife(at now: MonotonicTime) {
        if liveness.heard(at: now) { scheduleDeadline() }
        guard isProbed else { return }
        isProbed = false
        room?.heard(mailbox) { $0.signal(.joinRefused, on: loop) }
    }

    // MARK: Signals

    func act(on signals: Mailbox.Signals) {
        guard case .open = phase else { return }
        // Late news, when the session has found another seat meanwhile.
        if signals.contains(.evicted), hasLostSeat { return abort(.evicted) }
        if signals.contains(.overflow) {
            mailbox.discardFrames()
            return close(.tryAgainLater, .slow)
        }
        if signals.contains(.resumeReading) { release(.slowPeer) }
        if signals.contains(.retryJoin) { retryJoin() }
        if signals.contains(.joinRefused) { joinRefused() }
        if signals.contains(.probe) { probed() }
    }

    /// Somebody else has been given the seat that this session believes to have.
    var hasLostSeat: Bool { room.map { !$0.isSeated(mailbox) } ?? false }

    private func probed() {
        isProbed = true
        // Held back, this client cannot be heard; it has until the hold ends. One that has hung up is gone.
        guard holds.isEmpty else {
            if !inputHasEnded { showLife(at: loop.now) }
            return
        }
        mailbox.post(.ping, payload: UnsafeRawBufferPointer(start: nil, count: 0), on: loop)
    }

    // MARK: Slow consumers

    /// Starts the write timeout when the socket has not taken everything, and ends it when it has.
    func watchForStall() {
        guard let channel = channelContext?.channel else { return }
        if channel.isWritable {
            stall = nil
        } else if stall == nil {
            let now = loop.now
            stall = Stall(began: now, since: now, waiting: bytesWaiting)
            scheduleDeadline()
            loop.noteBuffering(self)
        }
    }

    /// Whether the socket has taken nothing for the whole write timeout. Progress starts the timeout anew.
    private func isStalled(at now: MonotonicTime) -> Bool {
        guard let stall, now >= stall.since + service.limits.writeTimeout else { return false }
        let waiting = bytesWaiting
        if waiting < stall.waiting {
            self.stall = Stall(began: stall.began, since: now, waiting: waiting)
            return false
        }
        return true
    }

    /// Bytes handed to the channel that its socket has not taken.
    private var bytesWaiting: Int { channelContext?.channel.unsentByteCount ?? 0 }

    // MARK: Closing

    /// The server is about to stop: closes with 1001 at `time`.
    func drain(at time: MonotonicTime) {
        drainAt = time
        scheduleDeadline()
    }

    /// Closes with a close frame: the peer is told at once, the client gets a moment to take the frame.
    func close(_ code: CloseCode, _ reason: SessionEnd) {
        sendClose(code, reason)
        // Half-closed, so that bytes still coming in do not make the kernel drop the close frame.
        channelContext?.close(mode: .output, promise: nil)
    }

    /// Answers the client's close frame. `isLast`: nothing came behind it.
    func answerClose(_ code: CloseCode?, isLast: Bool) {
        sendClose(code, .client)
        guard let channelContext else { return }
        if isLast, channelContext.channel.isWritable {
            channelContext.close(promise: nil)
        } else {
            channelContext.close(mode: .output, promise: nil)
        }
    }

    private func sendClose(_ code: CloseCode?, _ reason: SessionEnd) {
        guard case .open = phase else { return }
        loop.counters.count(reason)
        phase = .closing(deadline: loop.now + Self.lingerTime)
        leaveRoom(.peerDisconnected)
        mailbox.discardIfOverflowed()
        let bytes = code.map {
            [UInt8(truncatingIfNeeded: $0.rawValue >> 8), UInt8(truncatingIfNeeded: $0.rawValue)]
        }
        (bytes ?? []).withUnsafeBytes { mailbox.post(.close, payload: $0, on: loop) }
        flushLastFrames()
        if !holds.isEmpty {
            holds = []
            readAgain()
        }
        scheduleDeadline()
    }

    /// Drops the connection without a word: nobody is listening.
    func abort(_ reason: SessionEnd) {
        guard case .open = phase else { return }
        loop.counters.count(reason)
        phase = .closing(deadline: loop.now)
        leaveRoom(.peerDisconnected)
        channelContext?.close(promise: nil)
    }
}
