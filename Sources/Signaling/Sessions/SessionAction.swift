/// The next action of a connection's owner, after it has reported an event to ``SessionRules``. After every action
/// but `nothing` it looks at ``SessionRules/deadline(_:)`` again.
package enum SessionAction: Equatable, Sendable {
    case nothing
    /// The deadline may be earlier than before.
    case lookAtDeadline
    /// Write a ping frame without payload.
    case pingFrame
    /// Answer a message `ping` with `pong`.
    case pongMessage
    /// Answer with an error message, which is counted.
    case refuse(SignalingError)
    /// Tell the room that its probe is answered (``RoomState/heard(_:)``).
    case answerProbe
    /// Give up the place among those that wait, if there is one, and ask for a seat:
    /// ``SessionRules/joined(_:_:at:)``.
    case join(JoinRequest)
    /// Ask for the awaited seat once more: ``SessionRules/joined(_:_:at:)``.
    case retryJoin(JoinRequest)
    /// Give up the place among those that wait, if there is one, and stop reading the socket while the store is asked
    /// whether the room may be joined: ``SessionRules/authorized(_:_:at:)``.
    case askStore(LiveRoomID)
    /// Answer a join with `invalid_room_id`: ``SessionRules/joinWasRefused(at:)``. `isStoreFailure`: the store
    /// could not answer, which is counted.
    case refuseJoin(isStoreFailure: Bool)
    /// Answer a join that waited with `room_full`.
    case roomFull(LiveRoomID)
    /// Give up the seat and the place among those that wait (``DepartureCause/left``), then answer with `left_room`.
    case leave(LiveRoomID?)
    /// Read nothing more from the socket.
    case stopReading
    /// Carry out the input that was kept while the client was held, then ask ``SessionRules/caughtUp()``.
    case resume
    /// Read from the socket again.
    case readAgain
    /// Close the connection: ``SessionRules/disconnected()`` comes when it is closed.
    case hangUp
    /// Give up the seat, say good-bye, close.
    case end(Ending)
}

/// The verdict on a message before it is read.
package enum MessageAdmission: Equatable, Sendable {
    /// Read it: ``SessionRules/received(_:at:_:)`` or ``SessionRules/refused(_:isText:isUTF8:)``.
    case take
    /// It is over the rate: ``SessionRules/refused(_:isText:isUTF8:)`` with `rateLimited`.
    case overRate
    case end(Ending)
}

/// The verdict on a ping frame.
package enum PingAction: Equatable, Sendable {
    /// Write a pong frame with the same payload.
    case pongFrame
    case end(Ending)
}

/// The verdict on a message that was read.
package enum MessageAction: Equatable, Sendable {
    /// Splice it together with the seat's ``Forwarding``, post it to the peer's outbox, and say how that went:
    /// ``SessionRules/forwarded(_:at:)``.
    case forward
    case act(SessionAction)
}

/// The verdict on bytes that are not carried out.
package enum LeftoverAction: Equatable, Sendable {
    /// The client is held: keep them until the hold ends.
    case keep
    /// The session has ended: drop them.
    case discard
    case end(Ending)
}

/// The work that is left when a connection is gone.
package enum DisconnectedAction: Equatable, Sendable {
    /// All parties have been told already.
    case nothing
    /// Tell the others (``DepartureCause/disconnected``).
    case depart
    /// The same, and count the end, which nothing had announced.
    case departUnannounced(SessionEnd)
}
