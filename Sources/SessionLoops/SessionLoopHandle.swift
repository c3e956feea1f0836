import Loops
import Signaling
import Synchronization

/// The part of a loop that other threads see.
final class SessionLoopHandle: Sendable {
    let queue: CommandQueue<SessionCommand>
    /// Its live rooms.
    let roomCount = Atomic<Int>(0)

    init() throws(LoopError) { queue = try CommandQueue() }
}

/// How many sessions there are in all, those on their way between loops among them.
final class SessionTally: Sendable {
    private let open = Atomic<Int>(0)

    var count: Int { open.load(ordering: .relaxed) }

    func opened() { open.add(1, ordering: .relaxed) }
    func closed() { open.subtract(1, ordering: .relaxed) }
}
