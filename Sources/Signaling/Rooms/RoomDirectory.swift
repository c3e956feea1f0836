import Synchronization

/// All live rooms by id. Touched when members join and leave, never for a message in between.
///
/// A room exists while somebody sits in it. The table is sharded by id, so that joins on different loops
/// seldom meet; its size is bounded by the number of connections.
package final class RoomDirectory<Member: AnyObject & Sendable>: Sendable {
    private final class Shard: Sendable {
        let rooms = Mutex<[LiveRoomID: Room<Member>]>([:])
    }

    private static var shardCount: Int { 64 }
    private let shards: [Shard]
    private let rules: RoomState<Member>.Rules

    package init(rules: RoomState<Member>.Rules) {
        self.rules = rules
        shards = (0..<Self.shardCount).map { _ in Shard() }
    }

    private func shard(of id: LiveRoomID) -> Shard {
        shards[Int(UInt(bitPattern: id.hashValue) % UInt(Self.shardCount))]
    }

    /// Asks for a seat, opening the room if need be. `body` learns the outcome under the room's lock.
    package func join(
        _ id: LiveRoomID, member: Member, device: DeviceMark?, now: MonotonicTime,
        _ body: (RoomState<Member>.JoinOutcome, Room<Member>) -> Void
    ) {
        shard(of: id).rooms.withLock { rooms in
            let room = rooms[id] ?? Room(id: id)
            room.withState { state in
                body(state.join(member, device: device, now: now, rules: rules), room)
                rooms[id] = state.isEmpty ? nil : room
            }
        }
    }

    /// Gives a seat up, closing the room behind the last one. `body` learns of those left under the room's lock.
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

    /// Rooms with somebody in them.
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
