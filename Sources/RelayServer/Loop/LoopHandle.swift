import Synchronization

/// What other threads see of a loop: where to leave things for it, and its numbers.
final class LoopHandle: Sendable {
    let mailbox: LoopMailbox
    private let published = Mutex(RelaySnapshot())

    init() throws(RelayServerError) {
        mailbox = try LoopMailbox()
    }

    /// As the loop last published them, at most a second ago while something happens.
    var snapshot: RelaySnapshot { published.withLock { $0 } }

    func publish(_ snapshot: RelaySnapshot) {
        published.withLock { $0 = snapshot }
    }
}
