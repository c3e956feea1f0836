/// An invitation as a store holds it, and the rules that both stores decide by.
///
/// A store loads the pending of a code, asks it what to do and does that in the same transaction.
package struct Pending: Equatable, Sendable {
    /// Who accepted, and into which room.
    package struct Acceptance: Equatable, Sendable {
        /// The device that accepted.
        package let client2: DeviceID
        /// The room it was given; `nil` if that has been deleted since.
        package let room: RoomID?

        /// Makes the record of an acceptance.
        package init(client2: DeviceID, room: RoomID?) {
            self.client2 = client2
            self.room = room
        }
    }

    /// The device that made the invitation.
    package let client1: DeviceID
    /// The first instant at which the invitation does not exist any more.
    package let expires: Timestamp
    /// `nil` until the invitation is accepted.
    package let acceptance: Acceptance?

    /// Makes a pending.
    package init(client1: DeviceID, expires: Timestamp, acceptance: Acceptance? = nil) {
        self.client1 = client1
        self.expires = expires
        self.acceptance = acceptance
    }

    /// Whether calls may see the pending: it has not expired, and it does not lead to a deleted room.
    package func isLive(at now: Timestamp) -> Bool {
        guard expires > now else { return false }
        switch acceptance {
        case nil: return true
        case .some(let acceptance): return acceptance.room != nil
        }
    }
}

extension Pending {
    /// Whether `client1` may write a new pending over `existing`.
    ///
    /// A dead pending is replaced. A device's own unaccepted pending takes the new expiry. Its own accepted pending
    /// is a conflict: writing over it would lose the pairing that the other device was promised, and the next check
    /// hands it over anyway.
    package static func mayCreate(over existing: Pending?, client1: DeviceID, now: Timestamp) -> Bool {
        guard let existing, existing.isLive(at: now) else { return true }
        return existing.client1 == client1 && existing.acceptance == nil
    }

    /// What an accept has to do.
    package enum AcceptDecision: Equatable, Sendable {
        /// Record the acceptance and make the room, with this device as its `client1`.
        case pair(client1: DeviceID)
        /// Change nothing and answer this.
        case answer(AcceptOutcome)
    }

    /// Decides an accept by `client2`.
    package static func accept(_ existing: Pending?, client2: DeviceID, now: Timestamp) -> AcceptDecision {
        guard let existing, existing.isLive(at: now) else { return .answer(.notFoundOrExpired) }
        guard existing.client1 != client2 else { return .answer(.conflict) }
        guard let acceptance = existing.acceptance else { return .pair(client1: existing.client1) }
        guard acceptance.client2 == client2 else { return .answer(.conflict) }
        return .answer(acceptance.room.map { .room($0) } ?? .notFoundOrExpired)
    }

    /// Decides a check by `client1`. After `.room` the store deletes the pending.
    package static func check(_ existing: Pending?, client1: DeviceID, now: Timestamp) -> CheckOutcome {
        guard let existing, existing.isLive(at: now), existing.client1 == client1 else {
            return .notFoundOrExpired
        }
        guard let acceptance = existing.acceptance else { return .pending }
        return acceptance.room.map { .room($0) } ?? .notFoundOrExpired
    }
}
