package import Pairing

/// An action that a caller wants to take, as it is put to an ``Admission``.
package struct Ask: Equatable, Sendable {
    /// What kinds there are; an admission considers some of them.
    package enum Kind: String, CaseIterable, Sendable {
        /// Making an invitation.
        case invite
        /// Accepting one.
        case accept
        /// Joining a live room.
        case join
        /// Getting the credentials of the relay outside a join.
        case credentials
        /// Looking a room up, deleting one, deleting what belongs to devices.
        case rooms
    }

    /// What is to be done, with what decides whether it may be. Join codes are no part of it: who knows one may use it.
    package enum Action: Equatable, Sendable {
        /// Make an invitation.
        case invite(by: DeviceID)
        /// Accept an invitation.
        case accept(by: DeviceID)
        /// Take a seat in a live room.
        case join(RoomID)
        /// Get credentials of the relay as a member of a room.
        case credentials(RoomID, for: DeviceID)
        /// Learn who the members of a room are.
        case lookUp(RoomID)
        /// Delete a room.
        case delete(RoomID)
        /// Delete what belongs to these devices.
        case purge([DeviceID])
    }

    /// What is to be done.
    package let action: Action
    /// The principal that wants it; nil if the caller has not shown who it is.
    package let principal: Principal?

    /// Makes an ask; by default from an unknown caller.
    package init(_ action: Action, by principal: Principal? = nil) {
        self.action = action
        self.principal = principal
    }

    /// The kind of the action.
    package var kind: Kind {
        switch action {
        case .invite: .invite
        case .accept: .accept
        case .join: .join
        case .credentials: .credentials
        case .lookUp, .delete, .purge: .rooms
        }
    }
}

/// A caller whose name was proven, by any means. Not a device, which only claims its own name.
package struct Principal: Hashable, Sendable {
    /// The name, as who vouches for it writes it.
    package let subject: String

    /// Makes a principal whose name has been proven.
    package init(subject: String) { self.subject = subject }
}
