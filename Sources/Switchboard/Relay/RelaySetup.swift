import Backlog
import Glibc
import ICE
import Logging
import Pairing
import RelayServer
import Settings
import TURN
import Telemetry
import Timing
import WebServer

/// The relay as the rest of the program sees it: the embedded one, one elsewhere, or none.
struct RelaySetup: Sendable {
    /// Runs the embedded relay; nil when there is none.
    let runner: RelayRunner?
    /// Open as soon as it is known what clients are told; at once without an embedded relay.
    let isListening = Latch()
    /// What an operator should hear about.
    let notices: [String]
    private let directory = ICEDirectory()
    /// Names rooms under each secret that credentials may be made with; none without an embedded relay.
    private let tags: [CredentialTags]
    /// Nil without an embedded relay.
    private let announcement: ICEAnnouncement?
    private let values: SettingValues

    /// Prepares what the settings ask for; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - host: the machine; nil where there is no embedded relay (``SettingValues/hasRelay``).
    ///   - budget: how much may wait in memory, for the relay's clients and all others.
    init(_ values: SettingValues, host: RelayHost?, budget: BufferBudget, logger: Logger) throws(UsageError) {
        self.values = values
        let extra = values.ice.extraServers
        let elsewhere = values.ice.turnURLs
        guard let host, values.hasRelay else {
            runner = nil
            tags = []
            announcement = nil
            notices = []
            directory.publish(
                ICEServerList(urls: elsewhere, access: try Self.access(values, elsewhere), extra: extra),
                elsewhere)
            isListening.open()
            return
        }
        let plan = try RelayPlan(values, host: host)
        let access = ICEServerList.Access.timeLimited(
            plan.secret, lifetimeSeconds: UInt64(values.ice.credentialSeconds))
        notices = plan.notices
        tags = plan.secrets.map { CredentialTags($0) }
        let announcement = ICEAnnouncement(
            hosts: plan.iceHosts, access: access, extra: extra, shared: SharedPorts(values),
            directory: directory)
        self.announcement = announcement
        runner = RelayRunner(
            plan, drainTime: min(values.relay.drainTime, values.shutdownTimeout / 2),
            isVerbose: values.relay.isVerbose, budget: budget,
            logger: logger
        ) { [isListening] addresses in
            announcement.relayListens(ListenerPorts(addresses))
            isListening.open()
        }
    }

    /// What admits to a TURN server elsewhere: the secret that it shares, or one of its users.
    private static func access(
        _ values: SettingValues, _ urls: [ICEURL]
    ) throws(UsageError) -> ICEServerList.Access {
        if let secret = values.relay.secrets.first {
            return .timeLimited(
                SharedSecret(secret), lifetimeSeconds: UInt64(values.ice.credentialSeconds))
        }
        if let user = values.relay.users.first {
            return .fixed(username: user.name, credential: user.password)
        }
        guard !urls.contains(where: \.needsCredential) else {
            throw UsageError(
                "TURN_URLS needs a credential for that server; allowed: with RELAY_SECRETS or RELAY_USERS")
        }
        return .fixed(username: "", credential: "")
    }

    /// Where clients are told to find STUN and TURN, those of others left out.
    var urls: [ICEURL] { directory.urls }

    /// The web server listens: its ports lead to the relay too if they are shared.
    func webServerListens(_ ports: WebServer.Ports) {
        announcement?.webServerListens(SharedPorts(values, ports))
    }

    /// Makes no allocations any more.
    @Sendable
    func beginDraining() { runner?.beginDraining() }

    /// Its counters as they are now; none without an embedded relay.
    func metrics() -> [ScrapedMetric] { runner.map { RelayMetrics.read($0.snapshots()) } ?? [] }

    /// A room as its members' credentials name it.
    private func named(_ room: RoomID) -> [RoomTag] { tags.map { $0.room(room.rawValue) } }

    /// Ends the credentials of rooms that ended before this start, given from the first end to the last.
    func recall(_ rooms: [EndedRoom]) {
        for room in rooms.suffix(Revocations.maximumCount / max(1, tags.count)) {
            let ended = UnixTime(seconds: UInt64(max(0, room.ended.millisecondsSinceEpoch / 1000)))
            runner?.revoke(named(room.roomID), ended: ended)
        }
    }

    /// Ends the credentials and allocations of the members of rooms that are deleted from now on.
    ///
    /// - Returns: nil without an embedded relay, which has nothing to end.
    func follow(_ events: PairingEvents) -> PairingEvents.Subscription? {
        guard let runner else { return nil }
        return events.subscribe(to: .endedRooms) { event in
            switch event {
            case .roomsEnded(let rooms): runner.end(rooms.flatMap(named))
            case .accepted: break
            }
        }
    }

    /// What the members of rooms are told of STUN and TURN.
    var iceServers: ICEServerLookup {
        { [directory] room, member in directory.servers(room: room, member: member, now: .now) }
    }

    /// Asks whether the relay works; nil without an embedded relay.
    var health: (@Sendable () async -> Bool)? {
        guard let runner else { return nil }
        return { await runner.isHealthy() }
    }

    /// Takes connections of the web server's ports that speak STUN; nil if the relay has no part in these ports.
    var takeStream: StreamTaker? {
        guard let runner, values.relay.sharesPorts else { return nil }
        return { runner.adopt($0) }
    }
}
