public import Timing

/// Names a room of a ``RoomTable`` for as long as the room exists, and nothing afterwards.
@usableFromInline
package struct RoomHandle: Equatable, BitwiseCopyable, Sendable {
    @usableFromInline let index: UInt32
    @usableFromInline let generation: UInt32

    @inlinable
    init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }
}

/// The live rooms of one owner by id: values without locks, clocks or I/O.
///
/// A room exists while at least one member is seated, so there are never more rooms than members. A message between the
/// members of a room looks it up by its handle, a join by its id.
@usableFromInline
package struct RoomTable<Member: Equatable> {
    @usableFromInline
    struct Entry {
        /// Nil while there is no room in this place.
        @usableFromInline var id: LiveRoomID?
        @usableFromInline var generation: UInt32 = 0
        @usableFromInline var state = RoomState<Member>()

        @inlinable
        init() {}
    }

    @usableFromInline var entries: [Entry] = []
    @usableFromInline var free: [UInt32] = []
    @usableFromInline var byID: [LiveRoomID: UInt32] = [:]
    @usableFromInline let rules: RoomState<Member>.Rules

    /// A table without rooms; the rules are those of every room.
    @inlinable
    package init(rules: RoomState<Member>.Rules) { self.rules = rules }

    /// The answer to a member that asked for a seat.
    @usableFromInline
    package struct Joined {
        /// The result of the request.
        @usableFromInline package let outcome: RoomState<Member>.JoinOutcome
        /// The room it asked for.
        @usableFromInline package let room: RoomHandle
        @usableFromInline let id: LiveRoomID
        /// The members left in the room that it left for this one; nil if it left none.
        @usableFromInline package let departure: RoomState<Member>.Departure?

        @inlinable
        init(
            outcome: RoomState<Member>.JoinOutcome, room: RoomHandle, id: LiveRoomID,
            departure: RoomState<Member>.Departure?
        ) {
            self.outcome = outcome
            self.room = room
            self.id = id
            self.departure = departure
        }

        /// The notices to send, in order.
        @inlinable
        package func notices(to joiner: Member, iceServers: ICEServers?) -> [Notice<Member>] {
            outcome.notices(to: joiner, of: id, departure: departure, iceServers: iceServers)
        }
    }

    // MARK: Joining and leaving

    /// Asks for a seat and opens the room if necessary. A member with a seat in `current` gives it up at the moment it
    /// gets the new one, and keeps it otherwise.
    @inlinable
    package mutating func join(
        _ id: LiveRoomID, leaving current: RoomHandle?, member: Member, device: DeviceMark?,
        now: MonotonicTime
    ) -> Joined {
        let index = place(of: id)
        let room = RoomHandle(index: index, generation: entries[Int(index)].generation)
        let outcome = entries[Int(index)].state.join(member, device: device, now: now, rules: rules)
        var departure: RoomState<Member>.Departure?
        if case .seated = outcome, let current, current != room { departure = leave(current, member: member) }
        return Joined(outcome: outcome, room: room, id: id, departure: departure)
    }

    /// Gives up a seat or a place among the waiting, and closes the room after its last member.
    ///
    /// - Returns: who is left to be told.
    @inlinable
    package mutating func leave(_ room: RoomHandle, member: Member) -> RoomState<Member>.Departure {
        guard let index = index(room) else { return RoomState.Departure(peer: nil, waiting: []) }
        let wasSeated = entries[index].state.isSeated(member)
        let departure = entries[index].state.leave(member)
        if wasSeated, entries[index].state.isEmpty { close(index) }
        return departure
    }

    /// Gives up a place among the waiting.
    @inlinable
    package mutating func stopWaiting(_ member: Member, in room: RoomHandle) {
        guard let index = index(room), !entries[index].state.isSeated(member) else { return }
        _ = entries[index].state.leave(member)
    }

    /// A probed member showed a sign of life.
    ///
    /// - Returns: those to tell that they need wait no longer.
    @inlinable
    package mutating func heard(_ member: Member, in room: RoomHandle) -> [Notice<Member>] {
        guard let index = index(room) else { return [] }
        return entries[index].state.heard(member).map { .signal(.joinRefused, to: $0) }
    }

    // MARK: Looking

    /// The other member; nil when there is none.
    @inlinable
    package func peer(of member: Member, in room: RoomHandle) -> Member? {
        guard let index = index(room) else { return nil }
        return entries[index].state.peer(of: member)
    }

    /// Whether the member has a seat there.
    @inlinable
    package func isSeated(_ member: Member, in room: RoomHandle) -> Bool {
        guard let index = index(room) else { return false }
        return entries[index].state.isSeated(member)
    }

    /// Whether the member waits there for a seat.
    @inlinable
    package func isWaiting(_ member: Member, in room: RoomHandle) -> Bool {
        guard let index = index(room) else { return false }
        return entries[index].state.isWaiting(member)
    }

    /// Rooms with at least one member.
    @inlinable
    package var count: Int { byID.count }

    /// At most `limit` rooms, in no order.
    package func summaries(limit: Int) -> [RoomSummary] {
        byID.prefix(limit).map { id, index in
            RoomSummary(roomID: id.text, userCount: entries[Int(index)].state.count)
        }
    }

    // MARK: Places

    @inlinable
    func index(_ room: RoomHandle) -> Int? {
        let index = Int(room.index)
        return index < entries.count && entries[index].generation == room.generation ? index : nil
    }

    /// The place of a room, which is opened if there is none.
    @inlinable
    mutating func place(of id: LiveRoomID) -> UInt32 {
        if let index = byID[id] { return index }
        let index = free.popLast() ?? UInt32(entries.count)
        if Int(index) == entries.count { entries.append(Entry()) }
        entries[Int(index)].id = id
        byID[id] = index
        return index
    }

    @inlinable
    mutating func close(_ index: Int) {
        if let id = entries[index].id { byID[id] = nil }
        entries[index].id = nil
        entries[index].state = RoomState()
        entries[index].generation &+= 1
        free.append(UInt32(index))
    }
}
