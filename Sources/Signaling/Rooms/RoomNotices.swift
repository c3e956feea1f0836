public import Timing

/// A notice to a member of a room, or to one that wants to join.
@usableFromInline
package struct Notice<Member> {
    @usableFromInline package let recipient: Member
    @usableFromInline package let news: News

    @inlinable
    init(recipient: Member, news: News) {
        self.recipient = recipient
        self.news = news
    }

    @inlinable
    static func message(_ message: ServerMessage, to recipient: Member) -> Self {
        Notice(recipient: recipient, news: .message(message))
    }

    @inlinable
    static func signal(_ signals: SessionSignals, to recipient: Member) -> Self {
        Notice(recipient: recipient, news: .signal(signals))
    }
}

/// What a notice says.
@usableFromInline
package enum News: Equatable, Sendable {
    /// For the client: it goes into the member's outbox.
    case message(ServerMessage)
    /// For the member's session.
    case signal(SessionSignals)
}

/// Why a seat became free.
@usableFromInline
package enum DepartureCause: Sendable {
    /// Its member left the room, or moved to another one.
    case left
    /// Its member's connection is gone.
    case disconnected

    @inlinable
    var message: ServerMessage {
        switch self {
        case .left: .peerLeft
        case .disconnected: .peerDisconnected
        }
    }
}

extension RoomState.Departure {
    /// The notices in order: first to the peer, which need not hold back for the member any more, then to those
    /// that wait for the seat.
    @inlinable
    package func notices(_ cause: DepartureCause) -> [Notice<Member>] {
        var notices: [Notice<Member>] = []
        if let peer {
            notices = [.message(cause.message, to: peer), .signal(.peerCaughtUp, to: peer)]
        }
        notices += waiting.map { .signal(.retryJoin, to: $0) }
        return notices
    }
}

extension RoomState.JoinOutcome {
    /// The notices about a join, in order.
    /// - Parameters:
    ///   - departure: of the room that the joiner left for this one.
    ///   - iceServers: the joiner's.
    @inlinable
    package func notices(
        to joiner: Member, of id: LiveRoomID, departure: RoomState<Member>.Departure?, iceServers: ICEServers?
    ) -> [Notice<Member>] {
        switch self {
        case .seated(let peer, let evicted):
            var notices = departure?.notices(.left) ?? []
            notices += evicted.map { .signal(.evicted, to: $0) }
            if let peer, !evicted.isEmpty { notices.append(.message(.peerDisconnected, to: peer)) }
            notices.append(welcome(joiner, id, peer, isInitiator: peer == nil, iceServers))
            if let peer {
                notices.append(.message(.roomReady(roomID: id, isInitiator: false), to: joiner))
                notices.append(.message(.roomReady(roomID: id, isInitiator: true), to: peer))
            }
            return notices
        case .alreadySeated(let peer, let isInitiator):
            return [welcome(joiner, id, peer, isInitiator: isInitiator, iceServers)]
        case .waiting(let probed, _):
            return probed.map { .signal(.probe, to: $0) }
        case .full:
            return [.message(.roomFull(roomID: id), to: joiner)]
        }
    }

    @inlinable
    func welcome(
        _ joiner: Member, _ id: LiveRoomID, _ peer: Member?, isInitiator: Bool, _ iceServers: ICEServers?
    ) -> Notice<Member> {
        let peers = peer == nil ? 1 : 2
        return .message(
            .roomJoined(roomID: id, peers: peers, isInitiator: isInitiator, iceServers: iceServers),
            to: joiner)
    }

    /// The result of the join for the joiner's own rules.
    @inlinable
    package var result: JoinResult {
        switch self {
        case .seated: .seated
        case .alreadySeated: .alreadySeated
        case .waiting(_, let retry): .waiting(retry: retry)
        case .full: .full
        }
    }
}

/// The result of a join, as the joiner sees it.
@usableFromInline
package enum JoinResult: Equatable, Sendable {
    /// It has the seat, and has given up the one that it had.
    case seated
    /// It was seated there already.
    case alreadySeated
    /// A probe, running or to come, will show; ask again at `retry` or when told to.
    case waiting(retry: MonotonicTime)
    /// Both seats are taken.
    case full
}
