import Loops
import Synchronization

/// The part of a loop that other threads see: where to leave packets and commands, and its counters.
final class LoopHandle: Sendable {
    let mailbox: LoopMailbox
    private let published = Mutex(RelaySnapshot())
    /// Streams that were refused before they got to the loop.
    private let refusedStreams = Atomic<UInt64>(0)

    init() throws(LoopError) {
        mailbox = try LoopMailbox()
    }

    /// As the loop last published them, at most a second ago while something happens.
    var snapshot: RelaySnapshot {
        var snapshot = published.withLock { $0 }
        snapshot.streams.count(.refused, times: refusedStreams.load(ordering: .relaxed))
        return snapshot
    }

    /// Counts a stream that could not be posted to the loop because there was no room.
    func refuseStream() { refusedStreams.wrappingAdd(1, ordering: .relaxed) }

    func publish(_ snapshot: RelaySnapshot) {
        published.withLock { $0 = snapshot }
    }
}
