package import Timing

/// Events from the client.
extension SessionRules {
    /// A message came, which has not been read yet.
    package mutating func admit(
        at now: MonotonicTime, _ bounds: SessionBounds
    ) -> MessageAdmission {
        switch participant.messages.judge(bounds.messages, at: now) {
        case .accept: .take
        case .refuse: .overRate
        case .close: .end(close(.flood, at: now))
        }
    }

    /// A ping frame came. It counts as a message, but is answered even over the rate.
    package mutating func pinged(at now: MonotonicTime, _ bounds: SessionBounds) -> PingAction {
        switch participant.messages.judge(bounds.messages, at: now) {
        case .accept, .refuse: .pongFrame
        case .close: .end(close(.flood, at: now))
        }
    }

    /// A message is not carried out, because it is over the rate or the scan refused it. An error does not end the
    /// connection, but a text message that is not UTF-8 does (RFC 6455 §8.1).
    /// - Parameters:
    ///   - isText: whether it came in a text frame.
    ///   - isUTF8: looks at the message; asked only where the scan has not looked.
    package mutating func refused(
        _ error: SignalingError, at now: MonotonicTime, isText: Bool, isUTF8: () -> Bool
    ) -> SessionAction {
        switch error {
        case .invalidJSON, .rateLimited:
            isText && !isUTF8() ? .end(close(.invalidPayload, at: now)) : .refuse(error)
        case .invalidMessage, .unknownType, .invalidRoomID, .notInRoom, .peerAbsent, .tooLarge:
            .refuse(error)
        }
    }

    /// A message was read.
    package mutating func received(
        _ message: ClientMessage, at now: MonotonicTime, _ bounds: SessionBounds
    ) -> MessageAction {
        switch message {
        case .candidate, .description, .application:
            participant.seat == nil ? .act(.refuse(.notInRoom)) : .forward
        case .joinRoom(let room, let device):
            .act(joinRequested(JoinRequest(room: room, device: device), at: now, bounds))
        case .leaveRoom:
            .act(.leave(participant.leave()))
        case .ping:
            .act(.pongMessage)
        }
    }

    private mutating func joinRequested(
        _ request: JoinRequest, at now: MonotonicTime, _ bounds: SessionBounds
    ) -> SessionAction {
        guard participant.joins.allows(bounds.joins, at: now) else { return .refuse(.rateLimited) }
        // A join that was waiting is replaced by this one, and is not answered.
        participant.awaited = nil
        guard bounds.asksStore, request.room != participant.seat?.room else { return .join(request) }
        state = .askingStore(request, since: now)
        return .askStore(request.room)
    }

    /// A message was forwarded, or could not be forwarded.
    package mutating func forwarded(_ delivery: Delivery, at now: MonotonicTime) -> SessionAction {
        switch delivery {
        case .posted, .dropped: return .nothing
        case .congested:
            state = .heldForPeer(since: now)
            return .stopReading
        case .noPeer: return .refuse(.peerAbsent)
        }
    }
}
