/// What became of a request to create an invitation.
package enum CreateOutcome: Equatable, Sendable {
    /// The code is the caller's until this instant.
    case created(expires: Timestamp)
    /// A live invitation of another device has the code, or the caller's own was accepted and waits to be
    /// collected by a check.
    case conflict
}

/// What became of an attempt to accept an invitation.
package enum AcceptOutcome: Equatable, Sendable {
    /// The devices are paired in this room.
    case room(RoomID)
    /// No live invitation has the code.
    case notFoundOrExpired
    /// Another device was first, or the caller made the invitation itself.
    case conflict
}

/// What the maker of an invitation learns about it.
package enum CheckOutcome: Equatable, Sendable {
    /// Accepted; the invitation is gone now, the room stays.
    case room(RoomID)
    /// Not accepted yet.
    case pending
    /// Unknown, expired, another device's, or handed over by an earlier check.
    case notFoundOrExpired
}

/// What a purge deleted.
package struct Purged: Equatable, Sendable {
    /// The deleted rooms, each once, in no order.
    package let rooms: [RoomID]
    /// How many pendings were deleted.
    package let pendings: Int

    /// Makes a report.
    package init(rooms: [RoomID], pendings: Int) {
        self.rooms = rooms
        self.pendings = pendings
    }
}
