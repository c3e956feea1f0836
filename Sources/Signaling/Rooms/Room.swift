public import Synchronization

/// A live room that several event loops share: its state behind a lock of its own.
///
/// Lock order: directory shards by index, then the room that is left, then the room that is joined, then any lock
/// of the callbacks. Callbacks run under the room's lock, so that members' outboxes receive the room's events in
/// order. They must neither block nor call back into rooms.
@usableFromInline
package final class Room<Member: Equatable & Sendable>: Sendable {
    /// The id by which members join.
    @usableFromInline package let id: LiveRoomID
    @usableFromInline let state = Mutex(Locked())

    /// Lets the members cross the mutex: they are sendable, the state around them is not copied out.
    @usableFromInline
    struct Locked: @unchecked Sendable {
        @usableFromInline var state = RoomState<Member>()

        @inlinable
        init() {}
    }

    @inlinable
    init(id: LiveRoomID) { self.id = id }

    /// Calls `body` with the other member, nil when there is none.
    @inlinable
    package func withPeer<Result>(of member: Member, _ body: (Member?) -> Result) -> Result {
        state.withLock { body($0.state.peer(of: member)) }
    }

    /// A probed member showed a sign of life; `tell` is called for those that need wait no longer.
    @inlinable
    package func heard(_ member: Member, _ tell: (Notice<Member>) -> Void) {
        state.withLock { locked in
            for waiting in locked.state.heard(member) { tell(.signal(.joinRefused, to: waiting)) }
        }
    }

    /// Whether the member has a seat here.
    @inlinable
    package func isSeated(_ member: Member) -> Bool {
        state.withLock { $0.state.isSeated(member) }
    }

    /// Whether the member waits here for a seat.
    @inlinable
    package func isWaiting(_ member: Member) -> Bool {
        state.withLock { $0.state.isWaiting(member) }
    }

    /// Gives up a place among the waiting.
    @inlinable
    package func stopWaiting(_ member: Member) {
        state.withLock { if !$0.state.isSeated(member) { _ = $0.state.leave(member) } }
    }

    @inlinable
    func withState<Result>(_ body: (inout RoomState<Member>) -> Result) -> Result {
        state.withLock { body(&$0.state) }
    }
}

/// One room as the debugging list shows it.
package struct RoomSummary: Equatable, Sendable {
    /// The room's id.
    package let roomID: String
    /// 1 or 2.
    package let userCount: Int
    /// Whether both seats are taken.
    package var isFull: Bool { userCount == 2 }

    /// - Parameter userCount: 1 or 2.
    package init(roomID: String, userCount: Int) {
        self.roomID = roomID
        self.userCount = userCount
    }
}
