import Logging
import RelayServer
import Synchronization
import TURN

/// Logs once a minute what the relay has done since the line before, in numbers only.
final class RelayReport: Sendable {
    private static let interval = Duration.seconds(60)

    private let logger: Logger
    private let last = Mutex<(snapshot: RelaySnapshot, at: ContinuousClock.Instant?)>((RelaySnapshot(), nil))

    init(logger: Logger) {
        self.logger = logger
    }

    /// Takes the numbers of this moment; writes a line if the last one is a minute old.
    func note(_ snapshot: RelaySnapshot, now: ContinuousClock.Instant) {
        let before: RelaySnapshot? = last.withLock { last in
            if let at = last.at, now < at + Self.interval { return nil }
            defer { last = (snapshot, now) }
            return last.at == nil ? nil : last.snapshot
        }
        guard let before else { return }
        let (new, old) = (snapshot.rules, before.rules)
        let refusals = new.refusals.indices.reduce(0) { $0 + new.refusals[$1] - old.refusals[$1] }
        let drops = new.drops.indices.reduce(0) { $0 + new.drops[$1] - old.drops[$1] }
        logger.info(
            "relay report",
            metadata: [
                "allocations": "\(new.allocations)",
                "allocated": "\(new.allocationsMade - old.allocationsMade)",
                "bindings": "\(new.bindings - old.bindings)",
                "received": "\(snapshot.receivedPackets - before.receivedPackets)",
                "sent": "\(snapshot.sentPackets - before.sentPackets)",
                "refusals": "\(refusals)",
                "drops": "\(drops)",
            ])
    }
}
