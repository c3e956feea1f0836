package import Timing

/// Events from rooms, the store and other sessions.
extension SessionRules {
    /// The seats of the room that a join names are given elsewhere, which takes a moment. Later input is meant for that
    /// room, and waits for ``joined(_:_:at:)``. A client that is held already waits for what it is held for.
    package mutating func joinTakesTime(_ request: JoinRequest, at now: MonotonicTime) -> SessionAction {
        switch state {
        case .open:
            state = .askingStore(request, since: now)
            return .stopReading
        case .heldForPeer, .askingStore, .closing, .closed:
            return .nothing
        }
    }

    /// The result of asking for a seat.
    package mutating func joined(
        _ request: JoinRequest, _ result: JoinResult, at now: MonotonicTime
    ) -> SessionAction {
        switch result {
        case .seated: participant.sit(in: request.room)
        case .waiting(let retry): participant.awaited = .init(request: request, retry: retry)
        case .alreadySeated, .full: break
        }
        switch state {
        case .askingStore: return resume(at: now)
        case .heldForPeer:
            // The peer that was slow is in the room that was left.
            if case .seated = result { return resume(at: now) }
            return .lookAtDeadline
        case .open, .closing, .closed: return .lookAtDeadline
        }
    }

    /// The store has answered whether a room may be joined; nil when it could not say.
    package mutating func authorized(_ room: LiveRoomID, _ isPaired: Bool?) -> SessionAction {
        switch state {
        case .askingStore(let request, _) where request.room == room:
            return isPaired == true ? .join(request) : .refuseJoin(isStoreFailure: isPaired == nil)
        case .open, .heldForPeer, .askingStore, .closing, .closed:
            // It took too long: the join has been answered, or the session has ended.
            return .nothing
        }
    }

    /// Whether the waiting output may go to the socket. An evicted or too slow client gets nothing more. Every
    /// other client gets its output before the signals change anything.
    /// - Parameter hasLostSeat: asks the room whether the seat that this session believes to have was given to
    ///   another member; false without a room.
    package func mayWrite(_ signals: SessionSignals, hasLostSeat: () -> Bool) -> Bool {
        if signals.contains(.overflow) { return false }
        return !(signals.contains(.evicted) && hasLostSeat())
    }

    /// Acts on one signal of the outbox.
    /// - Parameters:
    ///   - hasLostSeat: as above.
    ///   - isWaiting: asks the awaited room whether this session waits there.
    package mutating func act(
        on signal: SessionSignal, at now: MonotonicTime, hasLostSeat: () -> Bool, isWaiting: () -> Bool
    ) -> SessionAction {
        guard isOpen else { return .nothing }
        switch signal {
        case .evicted:
            // Late news: the session has found another seat meanwhile.
            return hasLostSeat() ? .end(drop(.evicted)) : .nothing
        case .overflow: return .end(close(.slow, at: now, discardsOutbox: true))
        case .peerCaughtUp: return peerCaughtUp(at: now)
        case .retryJoin: return participant.takeAwaitedJoin().map { .retryJoin($0) } ?? .nothing
        case .joinRefused: return joinRefused(isWaiting: isWaiting)
        case .probe: return probed(at: now)
        }
    }

    private mutating func peerCaughtUp(at now: MonotonicTime) -> SessionAction {
        switch state {
        case .heldForPeer: resume(at: now)
        case .open, .askingStore, .closing, .closed: .nothing
        }
    }

    /// The probe that a join waits for found both members alive.
    private mutating func joinRefused(isWaiting: () -> Bool) -> SessionAction {
        // The news may be about a room that was awaited before this one.
        guard let awaited = participant.awaited, !isWaiting() else { return .nothing }
        participant.awaited = nil
        return .roomFull(awaited.request.room)
    }

    private mutating func probed(at now: MonotonicTime) -> SessionAction {
        participant.isProbed = true
        if takesMessages { return .pingFrame }
        // A held client cannot be heard; it has until the hold ends. A client that has hung up is gone.
        return inputHasEnded ? .nothing : signOfLife(at: now)
    }
}
