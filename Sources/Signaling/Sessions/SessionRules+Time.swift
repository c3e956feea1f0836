package import Timing

/// What happens when time passes.
extension SessionRules {
    /// The earliest point in time at which something is due.
    package func deadline(_ bounds: SessionBounds) -> MonotonicTime {
        var deadline = drainAt
        switch state {
        case .closed: return .distantFuture
        case .closing(let hangUpAt): return hangUpAt
        case .open: deadline = min(deadline, liveness.deadline(bounds.liveness))
        case .heldForPeer(let since), .askingStore(_, let since):
            deadline = min(deadline, since + SessionBounds.maxHold)
        }
        if let stall { deadline = min(deadline, stall.since + bounds.writeTimeout) }
        if let awaited = participant.awaited { deadline = min(deadline, awaited.retry) }
        return deadline
    }

    /// The action that is due at `now`. The caller asks again after each action until there is none.
    /// - Parameter bytesWaiting: the bytes that were given to the socket and that it has not sent yet.
    package mutating func due(
        at now: MonotonicTime, _ bounds: SessionBounds, bytesWaiting: () -> Int
    ) -> SessionAction {
        switch state {
        case .closed: return .nothing
        case .closing(let hangUpAt):
            guard now >= hangUpAt else { return .nothing }
            state = .closing(hangUpAt: .distantFuture)
            return .hangUp
        case .open:
            return dueWhileOpen(at: now, bounds, bytesWaiting) ?? dueLiveness(at: now, bounds)
        // A held client cannot be heard, and counts as alive until its hold ends.
        case .heldForPeer(let since):
            if let action = dueWhileOpen(at: now, bounds, bytesWaiting) { return action }
            return now >= since + SessionBounds.maxHold ? resume(at: now) : .nothing
        case .askingStore(_, let since):
            if let action = dueWhileOpen(at: now, bounds, bytesWaiting) { return action }
            return now >= since + SessionBounds.maxHold ? .refuseJoin(isStoreFailure: true) : .nothing
        }
    }

    /// What may be due in any state but the last ones.
    private mutating func dueWhileOpen(
        at now: MonotonicTime, _ bounds: SessionBounds, _ bytesWaiting: () -> Int
    ) -> SessionAction? {
        if now >= drainAt { return .end(close(.draining, at: now)) }
        if isStalled(at: now, bounds, bytesWaiting) {
            return .end(close(.slow, at: now, discardsOutbox: true))
        }
        return participant.takeDueJoin(at: now).map { .retryJoin($0) }
    }

    private mutating func dueLiveness(at now: MonotonicTime, _ bounds: SessionBounds) -> SessionAction {
        switch liveness.check(bounds.liveness, at: now) {
        case .wait: .nothing
        case .ping: .pingFrame
        case .dead: .end(drop(.silent))
        }
    }

    /// A join was answered with `invalid_room_id`.
    package mutating func joinWasRefused(at now: MonotonicTime) -> SessionAction {
        switch state {
        case .askingStore: resume(at: now)
        case .open, .heldForPeer, .closing, .closed: .nothing
        }
    }

    /// Whether it has been told when to close because the server drains.
    package var isDraining: Bool { drainAt < .distantFuture }

    /// The server is about to stop: closes at `time`.
    package mutating func drain(at time: MonotonicTime) -> SessionAction {
        drainAt = time
        return .lookAtDeadline
    }

    // MARK: The socket

    /// The socket has taken everything.
    package mutating func socketIsFree() { stall = nil }

    /// The socket has not taken everything: the write timeout begins, unless it runs already.
    package mutating func socketIsFull(at now: MonotonicTime, bytesWaiting: () -> Int) -> SessionAction {
        guard stall == nil else { return .nothing }
        stall = Stall(began: now, since: now, bytesWaiting: bytesWaiting())
        return .lookAtDeadline
    }

    /// Since when the client has been behind; `distantFuture` if it is not.
    ///
    /// Input of a client that is held does not count: it waits for the peer, which is the one that is behind.
    /// - Parameter inputSince: when the message began that is still incomplete.
    package func behindSince(inputSince: MonotonicTime) -> MonotonicTime {
        min(stall?.began ?? .distantFuture, takesMessages ? inputSince : .distantFuture)
    }

    /// Too much waits in the memory of the whole process, and this client is among the slowest.
    package mutating func isSlowest(at now: MonotonicTime) -> SessionAction {
        isOpen ? .end(close(.memory, at: now, discardsOutbox: true)) : .nothing
    }

    /// Whether the socket has taken nothing for the whole write timeout. Progress starts the timeout anew.
    private mutating func isStalled(
        at now: MonotonicTime, _ bounds: SessionBounds, _ bytesWaiting: () -> Int
    ) -> Bool {
        guard let stall, now >= stall.since + bounds.writeTimeout else { return false }
        let waiting = bytesWaiting()
        guard waiting < stall.bytesWaiting else { return true }
        self.stall = Stall(began: stall.began, since: now, bytesWaiting: waiting)
        return false
    }
}
