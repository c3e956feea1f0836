import Logging
import Pairing
import Signaling
import Synchronization
import Timing

/// What all sessions share, on whichever loop: rooms, rules and bounds.
final class SignalingService: Sendable {
    let rooms: RoomDirectory<Mailbox>
    let rules: SignalingRules
    let limits: SessionLimits
    let bounds: SessionBounds
    let outboxBound: OutboxBound
    let metrics: SignalingMetrics
    let logger: Logger
    /// The ICE servers for a member of a room.
    let iceServers: @Sendable (_ room: String, _ member: String) -> ICEServers?
    /// Says which rooms may be joined; nil when any may.
    private let pairing: (any PairingStore)?
    private let failures = LogThrottle()
    private let openSessions = Atomic<Int>(0)

    init(
        configuration: WebServerConfiguration, pairing: (any PairingStore)?,
        iceServers: @escaping @Sendable (_ room: String, _ member: String) -> ICEServers?,
        metrics: SignalingMetrics, logger: Logger
    ) {
        self.iceServers = iceServers
        limits = configuration.sessions
        rules = configuration.signaling
        self.pairing = configuration.roomPolicy == .paired ? pairing : nil
        bounds = SessionBounds(
            messages: MessageLimit.Rules(perSecond: limits.messageRate, burst: limits.messageBurst),
            joins: RateLimit.Rule(
                perSecond: Double(limits.joinsPerMinute) / 60, burst: limits.joinsPerMinute),
            liveness: Liveness.Rules(pingInterval: limits.pingInterval, pingTimeout: limits.pingTimeout),
            writeTimeout: limits.writeTimeout, maxHeldBytes: limits.maxOutboxBytes,
            asksStore: self.pairing != nil)
        outboxBound = OutboxBound(maxBytes: limits.maxOutboxBytes)
        rooms = RoomDirectory(
            rules: .init(probeTimeout: limits.probeTimeout, probeInterval: limits.probeInterval))
        self.metrics = metrics
        self.logger = logger
    }

    /// Sessions open now.
    var sessionCount: Int { openSessions.load(ordering: .relaxed) }

    /// Asks the store whether it knows a room; nil when it does not say.
    func askStore(for id: LiveRoomID, _ answer: @escaping @Sendable (_ isPaired: Bool?) -> Void) {
        guard let pairing, let roomID = RoomID(id.text) else { return answer(false) }
        Task {
            do {
                answer(try await pairing.room(roomID) != nil)
            } catch {
                failures.log(logger, "room lookup failed", ["error": "\(error)"])
                answer(nil)
            }
        }
    }

    func sessionOpened() { openSessions.add(1, ordering: .relaxed) }
    func sessionClosed() { openSessions.subtract(1, ordering: .relaxed) }
}
