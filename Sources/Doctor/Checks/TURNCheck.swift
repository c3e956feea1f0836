import Addresses
import ICE
import RelayServer
import Settings
import TURN

extension DoctorCheck {
    /// A real allocation, and a packet through it: at the server that runs, at a relay started for the purpose, or
    /// at the one elsewhere that clients are told of.
    static let turn = DoctorCheck("TURN", limit: .seconds(20)) { TURNCheck.run($0) }
}

enum TURNCheck {
    private static let credentialSeconds: UInt64 = 60

    static func run(_ examination: Examination) -> [Finding] {
        guard examination.hasRelay else { return elsewhere(examination) }
        guard let plan = try? examination.relayPlan() else {
            return [
                .notice(
                    .unfinished, of: "TURN", "not tried: correct the relay's addresses first")
            ]
        }
        return examination.server == nil ? own(plan, examination.machine) : running(plan, examination)
    }

    // MARK: A relay of our own

    private static func own(_ plan: RelayPlan, _ machine: Machine) -> [Finding] {
        switch machine.tryRelay(plan) {
        case .cannotStart(let reason):
            return [
                .error(
                    .turnWorks, "the relay does not start: \(reason)",
                    do: "correct RELAY_LISTEN_IPS and RELAY_IPS; ip address shows this machine's addresses")
            ]
        case .tried(let udp, let tcp):
            let results: [(Endpoint.Transport, SelfTestResult)] = [(.udp, udp), (.tcp, tcp)]
            return results.compactMap { transport, result in
                judge(result, "a relay started to be tried", "over \(transport.rawValue.uppercased())", nil)
            }
        }
    }

    // MARK: The server that runs

    private static func running(_ plan: RelayPlan, _ examination: Examination) -> [Finding] {
        guard let credential = credential(examination) else {
            guard examination.server?.relayIsReady == true else {
                return [
                    .notice(
                        .turnWorks,
                        "the running server reports no working relay, and only it knows the relay's secret",
                        do: "see the finding about the server; set RELAY_SECRETS to have it tried here")
                ]
            }
            return [.ok(.turnWorks, "the running server reports that its relay passed its own test")]
        }
        let family = plan.rules.relays.first?.family ?? .ipv4
        var ways: [(setting: String, transport: Endpoint.Transport, address: TransportAddress?)] = [
            ("RELAY_PORT", .udp, plan.server.udpListeners.first),
            ("RELAY_PORT", .tcp, plan.server.tcpListeners.first),
        ]
        let values = examination.values
        if values.relay.sharesPorts {
            ways.append(("PORT", .tcp, values.webEndpoints(examination.machine.resolve).first?.address))
        }
        let found: [Finding] = ways.compactMap { way in
            guard let address = way.address, address.port != 0 else { return nil }
            let probe = TURNProbe(
                server: address.askable, transport: way.transport, family: family, credential: credential,
                isProxied: way.transport == .tcp && values.announcesLoopback)
            let port = PlannedPort(
                setting: way.setting, endpoint: Endpoint(address: address, transport: way.transport)
            ).inWords
            return judge(examination.machine.allocate(probe), "the running server", "on \(port)", port)
        }
        return found.isEmpty ? [.ok(.turnWorks, "not tried: the kernel chose its ports")] : found
    }

    // MARK: A relay elsewhere

    private static func elsewhere(_ examination: Examination) -> [Finding] {
        let urls = examination.values.ice.turnURLs.filter { $0.scheme == "turn" }
        guard !urls.isEmpty else { return [.ok(.turnWorks, "nothing to try")] }
        guard let credential = credential(examination) else {
            return [
                .error(
                    .turnWorks, of: "TURN_URLS", "TURN_URLS needs a credential for that server",
                    do: "set RELAY_SECRETS to its shared secret, or RELAY_USERS to one of its users")
            ]
        }
        return urls.compactMap { url in
            guard let ip = examination.machine.resolve(url.host).first else { return nil }
            let probe = TURNProbe(
                server: TransportAddress(ip, port: url.port), transport: Endpoint.Transport(url.transport),
                family: ip.family, credential: credential)
            return judge(examination.machine.allocate(probe), url.text, "", url.text)
        }
    }

    /// What a client would be handed; nil where only a running server knows the secret.
    private static func credential(_ examination: Examination) -> TimeLimitedCredential? {
        let values = examination.values
        if let secret = values.relay.secrets.first {
            return .mint(
                SharedSecret(secret), id: "doctor", lifetimeSeconds: credentialSeconds,
                now: examination.machine.now())
        }
        return values.relay.users.first.map {
            TimeLimitedCredential(username: $0.name, credential: $0.password)
        }
    }

    // MARK: Verdicts

    private static func judge(
        _ result: SelfTestResult, _ who: String, _ how: String, _ subject: String?
    ) -> Finding? {
        let way = how.isEmpty ? "" : " \(how)"
        switch result {
        case .skipped: return nil
        case .works: return .ok(.turnWorks, of: subject, "\(who) relays packets\(way)")
        case .failed(let step):
            return .error(.turnWorks, of: subject, "\(who) \(step.inWords)\(way)", do: step.advice)
        }
    }
}

extension SelfTestStep {
    fileprivate var inWords: String {
        switch self {
        case .connect: "does not accept connections"
        case .challenge: "does not answer like a TURN server"
        case .allocate: "grants no relayed address"
        case .permission: "grants no permission"
        case .relay: "loses packets that it should relay"
        case .refresh: "does not end an allocation when asked to"
        }
    }

    fileprivate var advice: String {
        switch self {
        case .connect, .challenge:
            "check that it runs and that no firewall blocks it (UDP is often forgotten)"
        case .allocate:
            "check that its secret and its clock match those here, and that it has free ports; its log says more"
        case .permission, .refresh: "check its log"
        case .relay: "let UDP pass on RELAY_MIN_PORT to RELAY_MAX_PORT, in and out"
        }
    }
}

extension Endpoint.Transport {
    fileprivate init(_ transport: ICEURL.Transport) {
        self =
            switch transport {
            case .udp: .udp
            case .tcp: .tcp
            }
    }
}
