import Synchronization
package import Timing

/// Rooms whose credentials have been ended early. Shared by all loops, read once per Allocate.
///
/// A revocation is kept as long as a credential can live. The table is bounded: beyond, the oldest is forgotten, and
/// its credentials end by their age.
package final class Revocations: Sendable {
    private struct State: Sendable {
        var ends: [RoomTag: UnixTime] = [:]
        var order: [(tag: RoomTag, ends: UnixTime)] = []
    }

    /// Rooms remembered.
    package static let maximumCount = 65_536

    private let state = Mutex(State())
    private let credentialSeconds: UInt64

    /// `credentialSeconds` is the longest lifetime of a credential.
    init(credentialSeconds: UInt64) { self.credentialSeconds = credentialSeconds }

    /// Ends the credentials of a room for new allocations.
    package func revoke(_ tag: RoomTag, now: UnixTime) {
        let ends = UnixTime(seconds: now.seconds + credentialSeconds)
        state.withLock { state in
            let over = state.order.prefix { $0.ends < now }.count
            let surplus = max(over, state.order.count + 1 - Self.maximumCount)
            for old in state.order.prefix(surplus) where state.ends[old.tag] == old.ends {
                state.ends[old.tag] = nil
            }
            state.order.removeFirst(min(max(surplus, 0), state.order.count))
            state.ends[tag] = ends
            state.order.append((tag, ends))
        }
    }

    /// Whether a room's credentials are over.
    package func contains(_ tag: RoomTag) -> Bool { state.withLock { $0.ends[tag] != nil } }
}
