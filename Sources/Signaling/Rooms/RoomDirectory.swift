public import Synchronization
public import Timing

/// All live rooms by id. Used when members join and leave, never for a message in between.
///
/// A room exists while at least one member is seated. The table is sharded by id, so that joins on different loops
/// seldom contend. Its size is bounded by the number of connections.
@usableFromInline
package final class RoomDirectory<Member: Equatable & Sendable>: Sendable {
    @usableFromInline
    final class Shard: Sendable {
        @usableFromInline let rooms = Mutex<[LiveRoomID: Room<Member>]>([:])
    }

    @inlinable static var shardCount: Int { 64 }
    @usableFromInline let shards: [Shard]
    @usableFromInline let rules: RoomState<Member>.Rules

    /// A directory without rooms; the rules are those of every room.
    package init(rules: RoomState<Member>.Rules) {
        self.rules = rules
        shards = (0..<Self.shardCount).map { _ in Shard() }
    }

    @inlinable
    func shardIndex(of id: LiveRoomID) -> Int {
        Int(UInt(bitPattern: id.hashValue) % UInt(Self.shardCount))
    }

    @inlinable
    func shard(of id: LiveRoomID) -> Shard { shards[shardIndex(of: id)] }

    /// The answer to a member that asked for a seat.
    @usableFromInline
    package struct Joined {
        /// The result of the request.
        @usableFromInline package let outcome: RoomState<Member>.JoinOutcome
        /// The room it asked for.
        @usableFromInline package let room: Room<Member>
        /// The members left in the room that it left for this one; nil if it left none.
        @usableFromInline package let departure: RoomState<Member>.Departure?

        @inlinable
        init(
            outcome: RoomState<Member>.JoinOutcome, room: Room<Member>,
            departure: RoomState<Member>.Departure?
        ) {
            self.outcome = outcome
            self.room = room
            self.departure = departure
        }

        /// The notices to send, in order; under the rooms' locks.
        @inlinable
        package func notices(to joiner: Member, iceServers: ICEServers?) -> [Notice<Member>] {
            outcome.notices(to: joiner, of: room.id, departure: departure, iceServers: iceServers)
        }
    }

    /// Asks for a seat and opens the room if necessary. A member with a seat in `current` gives it up at the moment
    /// it gets the new one, and keeps it otherwise. `body` learns the outcome under the locks of both rooms.
    @inlinable
    package func join(
        _ id: LiveRoomID, leaving current: Room<Member>?, member: Member, device: DeviceMark?,
        now: MonotonicTime, _ body: (Joined) -> Void
    ) {
        let target = shardIndex(of: id)
        guard let current, current.id != id else {
            return shards[target].rooms.withLock { rooms in
                join(id, &rooms, member, device, now) { body(Joined(outcome: $0, room: $1, departure: nil)) }
            }
        }
        let source = shardIndex(of: current.id)
        if source == target {
            shards[source].rooms.withLock { rooms in
                if move(member, from: current, to: id, &rooms, device, now, body) { rooms[current.id] = nil }
            }
        } else if source < target {
            shards[source].rooms.withLock { old in
                shards[target].rooms.withLock { new in
                    if move(member, from: current, to: id, &new, device, now, body) { old[current.id] = nil }
                }
            }
        } else {
            shards[target].rooms.withLock { new in
                shards[source].rooms.withLock { old in
                    if move(member, from: current, to: id, &new, device, now, body) { old[current.id] = nil }
                }
            }
        }
    }

    @inlinable
    func join(
        _ id: LiveRoomID, _ rooms: inout [LiveRoomID: Room<Member>], _ member: Member, _ device: DeviceMark?,
        _ now: MonotonicTime, _ body: (RoomState<Member>.JoinOutcome, Room<Member>) -> Void
    ) {
        let room = rooms[id] ?? Room(id: id)
        room.withState { state in
            body(state.join(member, device: device, now: now, rules: rules), room)
            rooms[id] = room
        }
    }

    /// True if the room that was left is empty now.
    @inlinable
    func move(
        _ member: Member, from current: Room<Member>, to id: LiveRoomID,
        _ rooms: inout [LiveRoomID: Room<Member>], _ device: DeviceMark?, _ now: MonotonicTime,
        _ body: (Joined) -> Void
    ) -> Bool {
        current.withState { old in
            let wasSeated = old.isSeated(member)
            join(id, &rooms, member, device, now) { outcome, room in
                guard case .seated = outcome else {
                    return body(Joined(outcome: outcome, room: room, departure: nil))
                }
                body(Joined(outcome: outcome, room: room, departure: old.leave(member)))
            }
            return wasSeated && old.isEmpty
        }
    }

    /// Gives up a seat and closes the room after the last one. `body` learns which members are left, under the
    /// room's lock.
    @inlinable
    package func leave(
        _ room: Room<Member>, member: Member, _ body: (RoomState<Member>.Departure) -> Void
    ) {
        shard(of: room.id).rooms.withLock { rooms in
            room.withState { state in
                let wasSeated = state.isSeated(member)
                body(state.leave(member))
                if wasSeated, state.isEmpty { rooms[room.id] = nil }
            }
        }
    }

    /// Rooms with at least one member.
    package var count: Int {
        shards.reduce(0) { $0 + $1.rooms.withLock { $0.count } }
    }

    /// At most `limit` rooms, in no order.
    package func summaries(limit: Int) -> [RoomSummary] {
        var result: [RoomSummary] = []
        for shard in shards where result.count < limit {
            let rooms = shard.rooms.withLock { Array($0.values.prefix(limit - result.count)) }
            result += rooms.map { RoomSummary(roomID: $0.id.text, userCount: $0.withState { $0.count }) }
        }
        return result.filter { $0.userCount > 0 }
    }
}
