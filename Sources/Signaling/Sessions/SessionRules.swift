package import Timing

/// What a session may do and must do: the rules of one WebSocket connection and the participant that has it, without
/// socket, clock or locks.
///
/// Each event is a method, which returns the next action. The owner of the connection (a channel's handler, an
/// entry of a loop's table, a stage in a test) turns bytes into events and actions into bytes. It carries out each
/// action before it reports the next event. Between events it follows three rules:
///
/// - input is carried out while ``takesMessages``, and goes through ``leftOver(_:_:)`` otherwise;
/// - output goes from the outbox to the socket when the socket has taken everything before, in
///   ``mayWrite(_:hasLostSeat:)``;
/// - ``due(at:_:bytesWaiting:)`` is asked when ``deadline(_:)`` has come.
package struct SessionRules: ~Copyable, Sendable {
    /// How input from the client is treated.
    enum State: Sendable {
        /// Messages are carried out as they come.
        case open
        /// The peer is slower than this client: no input is taken until the peer has received what waits for it.
        case heldForPeer(since: MonotonicTime)
        /// The store is being asked about a join. Later input is meant for the room that the join names, and waits.
        case askingStore(JoinRequest, since: MonotonicTime)
        /// The last frame is on its way. Input is ignored until the client hangs up or its time is up.
        case closing(hangUpAt: MonotonicTime)
        /// The connection is gone.
        case closed
    }

    /// The socket takes nothing.
    struct Stall: Sendable {
        /// When it last had taken everything.
        let began: MonotonicTime
        /// Since when it has taken no byte, and how many bytes waited in it then.
        var since: MonotonicTime
        var bytesWaiting: Int
    }

    /// The participant that has this connection.
    package internal(set) var participant: Participant
    var state = State.open
    var liveness: Liveness
    /// Nil while the socket has taken everything.
    var stall: Stall?
    /// When to close because the server is draining.
    var drainAt = MonotonicTime.distantFuture
    /// The client has sent its last byte.
    var inputHasEnded = false

    /// A connection that is open from `now` on.
    package init(_ participant: consuming Participant, now: MonotonicTime) {
        self.participant = participant
        liveness = Liveness(now: now)
    }

    /// The first message on the connection.
    package var greeting: ServerMessage { .connected(participant.id) }

    /// The participant, when its connection is gone and it lives on without one.
    package consuming func handOver() -> Participant { participant }

    // MARK: Input

    /// Whether messages are carried out now. Otherwise they are kept.
    package var takesMessages: Bool {
        switch state {
        case .open: true
        case .heldForPeer, .askingStore, .closing, .closed: false
        }
    }

    /// Whether the session has not ended: it may be held, but has not said good-bye.
    package var isOpen: Bool {
        switch state {
        case .open, .heldForPeer, .askingStore: true
        case .closing, .closed: false
        }
    }

    /// Whether the socket is read: not while the client is held.
    package var readsSocket: Bool {
        switch state {
        case .open, .closing, .closed: true
        case .heldForPeer, .askingStore: false
        }
    }

    /// Bytes came in: a sign of life, for the liveness timer and for a room that is probing.
    package mutating func heard(at now: MonotonicTime) -> SessionAction {
        switch state {
        case .closing, .closed: return .nothing
        case .open, .heldForPeer, .askingStore: return signOfLife(at: now)
        }
    }

    mutating func signOfLife(at now: MonotonicTime) -> SessionAction {
        let answersPing = liveness.heard(at: now)
        if participant.isProbed {
            participant.isProbed = false
            return .answerProbe
        }
        return answersPing ? .lookAtDeadline : .nothing
    }

    /// Bytes came in that were not carried out; with them `byteCount` would be kept. The socket of a held client is
    /// not read. So bytes come only when its connection ends and the kernel's buffer is read to its end.
    package mutating func leftOver(_ byteCount: Int, _ bounds: SessionBounds) -> LeftoverAction {
        switch state {
        case .closing, .closed: return .discard
        case .open, .heldForPeer, .askingStore:
            return byteCount <= bounds.maxHeldBytes ? .keep : .end(drop(.flood))
        }
    }

    /// The client has closed its direction.
    package mutating func inputEnded() -> SessionAction {
        inputHasEnded = true
        switch state {
        case .heldForPeer, .askingStore: return .nothing
        case .open, .closing, .closed: return .hangUp
        }
    }

    // MARK: Holds

    /// A hold is over: the kept input is carried out as if it came now.
    mutating func resume(at now: MonotonicTime) -> SessionAction {
        state = .open
        liveness.heard(at: now)
        return .resume
    }

    /// The input kept during a hold has been carried out, as far as possible.
    package func caughtUp() -> SessionAction {
        switch state {
        case .open: inputHasEnded ? .hangUp : .readAgain
        // The kept input ended the session. Reading goes on to see the client's end.
        case .closing: .readAgain
        case .heldForPeer, .askingStore, .closed: .nothing
        }
    }
}
