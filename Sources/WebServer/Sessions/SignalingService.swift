import Access
import Logging
import Pairing
import Signaling
import Synchronization

/// What all sessions share, on whichever loop: rooms, rules and bounds.
final class SignalingService: Sendable {
    let rooms: RoomDirectory<Mailbox>
    let rules: SignalingRules
    let limits: SessionLimits
    let messageRules: MessageLimit.Rules
    let joinRule: RateLimit.Rule
    let livenessRules: Liveness.Rules
    let metrics: SignalingMetrics
    let logger: Logger
    /// The ICE servers for a member of a room.
    let iceServers: @Sendable (_ room: String, _ member: String) -> ICEServers?
    /// Decides which rooms may be joined.
    private let admission: any Admission
    /// Whether a join has to wait for an answer of ``askStore(for:_:)``.
    let asksStore: Bool
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
        messageRules = MessageLimit.Rules(perSecond: limits.messageRate, burst: limits.messageBurst)
        joinRule = RateLimit.Rule(perSecond: Double(limits.joinsPerMinute) / 60, burst: limits.joinsPerMinute)
        livenessRules = Liveness.Rules(pingInterval: limits.pingInterval, pingTimeout: limits.pingTimeout)
        rooms = RoomDirectory(
            rules: .init(probeTimeout: limits.probeTimeout, probeInterval: limits.probeInterval))
        self.metrics = metrics
        self.admission = admission
        asksStore = admission.considers(.join)
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
