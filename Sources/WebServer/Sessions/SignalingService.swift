import Logging
import Pairing
import Signaling
import Synchronization

/// What all sessions share, on whichever loop: rooms, rules and bounds.
final class SignalingService: Sendable {
    let rooms: RoomDirectory<Mailbox>
    let rules: SignalingRules
    let limits: SessionLimits
    let roomPolicy: RoomPolicy
    let messageRules: MessageLimit.Rules
    let joinRule: RateLimit.Rule
    let livenessRules: Liveness.Rules
    let metrics: SignalingMetrics
    let logger: Logger
    /// Nil while pairing is off.
    let pairing: (any PairingStore)?
    private let openSessions = Atomic<Int>(0)

    init(
        configuration: WebServerConfiguration, pairing: (any PairingStore)?, metrics: SignalingMetrics,
        logger: Logger
    ) {
        limits = configuration.sessions
        rules = configuration.signaling
        roomPolicy = configuration.roomPolicy
        messageRules = MessageLimit.Rules(perSecond: limits.messageRate, burst: limits.messageBurst)
        joinRule = RateLimit.Rule(perSecond: Double(limits.joinsPerMinute) / 60, burst: limits.joinsPerMinute)
        livenessRules = Liveness.Rules(pingInterval: limits.pingInterval, pingTimeout: limits.pingTimeout)
        rooms = RoomDirectory(
            rules: .init(probeTimeout: limits.probeTimeout, probeInterval: limits.probeInterval))
        self.metrics = metrics
        self.pairing = pairing
        self.logger = logger
    }

    /// Sessions open now.
    var sessionCount: Int { openSessions.load(ordering: .relaxed) }

    func sessionOpened() { openSessions.add(1, ordering: .relaxed) }
    func sessionClosed() { openSessions.subtract(1, ordering: .relaxed) }
}
