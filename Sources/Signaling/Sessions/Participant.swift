import Timing

/// The identity of a client, apart from its current connection: its name, its seat, the seat that it waits for, and
/// what it has used of its limits.
///
/// A value with one owner. ``SessionRules`` own it while there is a connection. When the connection is lost they
/// give it away (``SessionRules/handOver()``), so that it can wait for the next connection or belong to a link to
/// another node. Rooms know it by a handle that its owner chooses.
package struct Participant: ~Copyable, Sendable {
    /// A seat, and the common start of messages from it.
    package struct Seat: Sendable {
        package let room: LiveRoomID
        package let forwarding: Forwarding
    }

    /// A join that waits for a probe of a full room.
    struct AwaitedJoin {
        let request: JoinRequest
        var retry: MonotonicTime
    }

    /// Its name, which peers see as `from`.
    package let id: ClientID
    /// Where it sits; nil outside of rooms.
    package private(set) var seat: Seat?
    var awaited: AwaitedJoin?
    var joins = RateLimit()
    var messages = MessageLimit()
    /// The room waits for a sign of life from it.
    var isProbed = false

    /// A participant without a room.
    package init(id: ClientID) { self.id = id }

    mutating func sit(in room: LiveRoomID) {
        seat = Seat(room: room, forwarding: Forwarding(from: id, roomID: room))
        isProbed = false
    }

    /// Gives up the seat and any wait for another one.
    /// - Returns: the room that it sat in.
    mutating func leave() -> LiveRoomID? {
        defer {
            seat = nil
            awaited = nil
            isProbed = false
        }
        return seat?.room
    }

    /// Takes the awaited join out when it is time to try again.
    mutating func takeDueJoin(at now: MonotonicTime) -> JoinRequest? {
        guard let awaited, now >= awaited.retry else { return nil }
        return takeAwaitedJoin()
    }

    mutating func takeAwaitedJoin() -> JoinRequest? {
        defer { awaited = nil }
        return awaited?.request
    }
}

/// A request for a seat.
package struct JoinRequest: Equatable, Sendable {
    package let room: LiveRoomID
    /// Tells the device from a stranger; nil if the client did not send one.
    package let device: DeviceMark?

    package init(room: LiveRoomID, device: DeviceMark?) {
        self.room = room
        self.device = device
    }
}
