import Access
import Logging
import Logs
import Pairing
import Signaling
import Synchronization
import Timing

/// What all sessions on all loops share: rooms, rules and bounds.
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
    /// Decides which rooms may be joined.
    private let admission: any Admission
    private let failures = LogThrottle()
    private let openSessions = Atomic<Int>(0)

    init(
        configuration: WebServerConfiguration, admission: any Admission,
        iceServers: @escaping @Sendable (_ room: String, _ member: String) -> ICEServers?,
        metrics: SignalingMetrics, logger: Logger
    ) {
        self.iceServers = iceServers
        limits = configuration.sessions
        rules = configuration.signaling
        bounds = SessionBounds(
            messages: MessageLimit.Rules(perSecond: limits.messageRate, burst: limits.messageBurst),
            joins: RateLimit.Rule(
                perSecond: Double(limits.joinsPerMinute) / 60, burst: limits.joinsPerMinute),
            liveness: Liveness.Rules(pingInterval: limits.pingInterval, pingTimeout: limits.pingTimeout),
            writeTimeout: limits.writeTimeout, maxHeldBytes: limits.maxOutboxBytes,
            asksStore: admission.considers(.join))
        outboxBound = OutboxBound(maxBytes: limits.maxOutboxBytes)
        rooms = RoomDirectory(
            rules: .init(probeTimeout: limits.probeTimeout, probeInterval: limits.probeInterval))
        self.metrics = metrics
        self.admission = admission
        self.logger = logger
    }

    /// Sessions open now.
    var sessionCount: Int { openSessions.load(ordering: .relaxed) }

    /// Asks whether a room may be joined; nil when that cannot be found out.
    func askStore(for id: LiveRoomID, _ answer: @escaping @Sendable (_ isAdmitted: Bool?) -> Void) {
        guard let roomID = RoomID(id.text) else { return answer(false) }
        Task {
            switch await admission.verdict(on: Ask(.join(roomID))) {
            case .admitted: answer(true)
            case .refused: answer(false)
            case .unavailable(let error):
                failures.log(logger, "room lookup failed", ["error": "\(error)"])
                answer(nil)
            }
        }
    }

    func sessionOpened() { openSessions.add(1, ordering: .relaxed) }
    func sessionClosed() { openSessions.subtract(1, ordering: .relaxed) }
}
