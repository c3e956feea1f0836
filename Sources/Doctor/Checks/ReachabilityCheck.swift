import Addresses
import Glibc
import Settings

extension DoctorCheck {
    /// Whether this machine comes to itself where clients are told to come.
    static let reachability = DoctorCheck("Reachability", limit: .seconds(20)) {
        await ReachabilityCheck.run($0)
    }
}

enum ReachabilityCheck {
    /// Addresses that are tried; each takes up to three seconds.
    private static let maxAddresses = 4

    static func run(_ examination: Examination) async -> [Finding] {
        let ports = examination.values.plannedPorts(examination.machine, withRelay: examination.hasRelay)
            .filter { !$0.endpoint.address.ip.isLoopback }
        guard let own = try? examination.machine.addresses(), let all = publicAddresses(examination) else {
            return [
                .notice(.unfinished, of: "Reachability", "not tried: this machine's addresses cannot be read")
            ]
        }
        let addresses = all.prefix(maxAddresses)
        guard !ports.isEmpty else { return [.ok(.reachable, "no port here is open to other machines")] }
        guard !addresses.isEmpty else {
            return [.ok(.reachable, "not tried: clients are told no public address")]
        }
        var found: [Finding] = []
        for address in addresses {
            found.append(await judge(address, isOwn: own.contains(address), ports, examination))
        }
        return found
    }

    /// Where clients are told to come, in addresses; nil if this machine's cannot be read.
    private static func publicAddresses(_ examination: Examination) -> [IPAddress]? {
        let machine = examination.machine
        var found: [IPAddress] = []
        if examination.hasRelay, let plan = try? examination.relayPlan() {
            found = plan.iceHosts.flatMap(machine.resolve)
        } else {
            guard let preferred = try? machine.preferredAddresses() else { return nil }
            found = preferred
        }
        var seen: Set<IPAddress> = []
        return found.filter { !$0.isLoopback && seen.insert($0).inserted }
    }

    private static func judge(
        _ address: IPAddress, isOwn: Bool, _ ports: [PlannedPort], _ examination: Examination
    ) async -> Finding {
        let probes = probes(of: address, isOwn: isOwn, ports, examination)
        var outcomes: [(port: PlannedPort, outcome: ReachProbe.Outcome)] = []
        await withTaskGroup(of: (PlannedPort, ReachProbe.Outcome).self) { tasks in
            for (port, probe) in probes {
                let reach = examination.machine.reach
                tasks.addTask { (port, reach(probe)) }
            }
            for await outcome in tasks { outcomes.append(outcome) }
        }
        // As they were planned, not as they came in.
        outcomes.sort { left, right in
            (ports.firstIndex(of: left.port) ?? 0) < (ports.firstIndex(of: right.port) ?? 0)
        }
        let reached = outcomes.filter { $0.outcome == .reached }.map(\.port.inWords)
        let failed = outcomes.filter { $0.outcome.isFailure }
        guard !failed.isEmpty else {
            return .ok(.reachable, of: address.description, inWords(address, isOwn: isOwn, reached))
        }
        let what = failed.map { "\($0.port.inWords) \($0.outcome.inWords)" }.joined(separator: ", ")
        if isOwn {
            return .error(
                .reachable, of: address.description, "\(address) belongs to this machine, but: \(what)",
                do: "check this machine's firewall: nft list ruleset, or ufw status")
        }
        return .notice(
            .reachable, of: address.description, "\(address) cannot be reached from here: \(what)",
            do:
                "many NATs do not lead back in, so this proves nothing; open /check/ from another network, and "
                + "check which ports the NAT or cloud lets through")
    }

    /// The result if nothing has failed. Packets to an own address stay on the loopback interface, which firewalls
    /// let pass. Their arrival proves nothing about packets from other machines.
    private static func inWords(_ address: IPAddress, isOwn: Bool, _ reached: [String]) -> String {
        guard !reached.isEmpty else { return "\(address) was not tried: its ports cannot be opened" }
        let ports = reached.joined(separator: ", ")
        return isOwn
            ? "\(address) can be reached from this machine itself: \(ports); only /check/ from another network "
                + "shows whether firewalls let others in"
            : "\(address) can be reached from here: \(ports)"
    }

    /// One try for each port that leads to this address.
    private static func probes(
        of address: IPAddress, isOwn: Bool, _ ports: [PlannedPort], _ examination: Examination
    ) -> [(PlannedPort, ReachProbe)] {
        ports.compactMap { port in
            let endpoint = port.endpoint
            let listening = endpoint.address.ip
            let isDual = endpoint.isDualStack && listening == .anyIPv6
            guard listening.family == address.family || isDual else { return nil }
            guard listening.isUnspecified || listening == address || !isOwn else { return nil }
            let target = Endpoint(
                address: TransportAddress(address, port: endpoint.address.port), transport: endpoint.transport
            )
            let isServed = examination.server != nil && examination.machine.bind(endpoint) != 0
            return (port, ReachProbe(target: target, listener: isServed ? nil : endpoint))
        }
    }
}

extension ReachProbe.Outcome {
    fileprivate var isFailure: Bool {
        switch self {
        case .silent, .refused: true
        case .reached, .cannotListen: false
        }
    }

    fileprivate var inWords: String {
        switch self {
        case .reached: "answers"
        case .silent: "is silent"
        case .refused(let error), .cannotListen(let error):
            "fails (\(String(cString: strerror(error)).lowercased()))"
        }
    }
}
