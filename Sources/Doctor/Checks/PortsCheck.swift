import Addresses
import Glibc
import OperatorText
import Settings
import WebServer

extension DoctorCheck {
    /// Whether the ports can be had, or are had by a switchboard already.
    static let ports = DoctorCheck("Ports", limit: .seconds(10)) { PortsCheck.run($0) }
}

enum PortsCheck {
    static func run(_ examination: Examination) -> [Finding] {
        let (values, machine) = (examination.values, examination.machine)
        guard !machine.resolve(values.web.host).isEmpty else {
            return [
                .error(
                    .portsFree, of: "HOST", "HOST \(values.web.host.quoted) cannot be looked up",
                    do: "set it to an address of this machine, or to 0.0.0.0")
            ]
        }
        let ports = values.plannedPorts(machine, withRelay: examination.hasRelay)
        let clashes = clashes(ports)
        var free: [String] = []
        var ours: [String] = []
        var found: [Finding] = []
        for port in ports {
            let error = machine.bind(port.endpoint)
            if error == 0 {
                if !free.contains(port.inWords) { free.append(port.inWords) }
            } else if error == EADDRINUSE, examination.server != nil, isOwn(port, examination) {
                if !ours.contains(port.inWords) { ours.append(port.inWords) }
            } else {
                let finding = trouble(port, error, examination)
                if !found.contains(finding) { found.append(finding) }
            }
        }
        var good: [Finding] = []
        if !ours.isEmpty { good.append(.ok(.portsFree, "the running switchboard has \(list(ours))")) }
        if !free.isEmpty { good.append(judgeFree(free, examination)) }
        if ports.isEmpty { good.append(.ok(.portsFree, "the kernel chooses them")) }
        return clashes + found + good
    }

    /// Ports that are free although a server runs.
    private static func judgeFree(_ free: [String], _ examination: Examination) -> Finding {
        guard examination.server != nil else { return .ok(.portsFree, "free: \(list(free))") }
        return .notice(
            .portsFree, "the running server does not listen on \(list(free))",
            do: "restart it, if this configuration is newer than it is")
    }

    /// Whether the port belongs to the server that answered: the process says so, or is hidden from this user.
    private static func isOwn(_ port: PlannedPort, _ examination: Examination) -> Bool {
        let owner = examination.machine.owner(port.endpoint)
        guard let owner, let server = examination.server?.process else { return true }
        return owner.id == server.id
    }

    /// Two listeners of our own on one port.
    private static func clashes(_ ports: [PlannedPort]) -> [Finding] {
        var settings: [String: Set<String>] = [:]
        for (index, port) in ports.enumerated() {
            let others = ports[..<index].filter {
                $0.setting != port.setting && $0.endpoint.excludes(port.endpoint)
            }
            guard !others.isEmpty else { continue }
            let name = "\(port.endpoint.address.port)/\(port.endpoint.transport.rawValue)"
            settings[name, default: []].formUnion(others.map(\.setting) + [port.setting])
        }
        return settings.sorted { $0.key < $1.key }.map { port, settings in
            .error(
                .portsFree, of: port, "\(settings.sorted().joined(separator: " and ")) both want \(port)",
                do: "give each a port of its own")
        }
    }

    private static func trouble(_ port: PlannedPort, _ error: Int32, _ examination: Examination) -> Finding {
        let endpoint = port.endpoint
        let addressSetting = port.isWeb ? "HOST" : "RELAY_LISTEN_IPS"
        switch error {
        case EADDRINUSE:
            let owner = examination.machine.owner(endpoint)
            let hint = owner == nil ? "ss -lnp sport = :\(endpoint.address.port) shows which" : "it has to go"
            return .error(
                .portsFree, of: port.setting,
                "\(port.inWords) is taken by \(owner?.inWords ?? "another program")",
                do: "stop that program (\(hint)), or set \(port.setting) to another port")
        case EACCES, EPERM:
            return .error(
                .portsFree, of: port.setting, "this user may not open \(port.inWords)",
                do: "AmbientCapabilities=CAP_NET_BIND_SERVICE in the systemd unit, or: sysctl -w "
                    + "net.ipv4.ip_unprivileged_port_start=\(endpoint.address.port)")
        case EADDRNOTAVAIL:
            return .error(
                .portsFree, of: addressSetting, "\(endpoint.address.ip) is no address of this machine",
                do: "set \(addressSetting) to one of its addresses; ip address shows them")
        case EAFNOSUPPORT:
            return .error(
                .portsFree, of: addressSetting, "this machine has no IPv6, and \(endpoint) cannot be opened",
                do: "set \(addressSetting) to 0.0.0.0 or another IPv4 address")
        default:
            return .error(
                .portsFree, of: port.setting,
                "\(port.inWords) cannot be opened: \(String(cString: strerror(error)))",
                do: "see what stands in its way")
        }
    }

    private static func list(_ words: [String]) -> String { words.joined(separator: ", ") }
}
