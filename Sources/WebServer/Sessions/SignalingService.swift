import Access
import Backlog
import Logging
import Logs
import Loops
import Pairing
import SessionLoops
import Signaling
import Timing

/// What all sessions share, as the configuration has it, and what they ask of the rest of the server.
final class SignalingService: Sendable {
    let rules: SignalingRules
    let limits: SessionLimits
    let bounds: SessionBounds
    let outboxBound: OutboxBound
    let metrics: SignalingMetrics
    let logger: Logger
    /// The ICE servers for a member of a room.
    let iceServers: ICEServerLookup
    /// Decides which rooms may be joined.
    private let admission: any Admission
    private let failures = LogThrottle()

    init(
        configuration: WebServerConfiguration, admission: any Admission,
        iceServers: @escaping ICEServerLookup,
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
        self.metrics = metrics
        self.admission = admission
        self.logger = logger
    }

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

    /// Makes the loops that the sessions live on.
    ///
    /// - Parameters:
    ///   - loops: from 1 up.
    ///   - connections: the sessions stay counted there until they end.
    func makeSessions(
        loops: Int, connections: ConnectionTable, budget: BufferBudget
    ) throws(LoopError) -> SessionServer {
        try SessionServer(
            loops: loops,
            settings: SessionSettings(
                rules: rules, bounds: bounds, outboxBound: outboxBound,
                maxMessageBytes: limits.maxMessageBytes,
                probeTimeout: limits.probeTimeout, probeInterval: limits.probeInterval),
            services: SessionServices(
                iceServers: iceServers, askStore: { self.askStore(for: $0, $1) },
                report: { self.metrics.add($0) },
                ended: { address in
                    if let address { connections.release(address) }
                    connections.closed()
                }),
            budget: budget)
    }
}
