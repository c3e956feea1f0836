import Settings
import WebServer

extension DoctorCheck {
    /// What the kernel keeps for sockets.
    static let buffers = DoctorCheck("Buffers") { BuffersCheck.run($0) }
}

enum BuffersCheck {
    /// What the relay's listeners ask for, each way.
    static let wantedBytes = 4 << 20
    /// What the web server's listener asks for.
    private static let wantedBacklog = 4_096

    static func run(_ examination: Examination) -> [Finding] {
        var found: [Finding] = []
        if examination.hasRelay, examination.values.relay.servesUDP { found += udp(examination.machine) }
        found += backlog(examination.machine) + tracking(examination)
        return found.isEmpty ? [.ok(.buffersBacklog, "as large as the server asks for")] : found
    }

    /// Measured, for a container may not see the kernel's parameters; these only say what to set.
    private static func udp(_ machine: Machine) -> [Finding] {
        guard let given = machine.udpBuffers() else { return [] }
        guard min(given.receive, given.send) < wantedBytes else {
            return [
                .ok(.buffersUDP, "UDP listeners get the \(wantedBytes >> 20) MiB each way that they ask for")
            ]
        }
        return [
            .notice(
                .buffersUDP,
                "UDP listeners get \(given.receive >> 10) KiB to receive and \(given.send >> 10) KiB to send, of "
                    + "\(wantedBytes >> 10): bursts of many calls are lost sooner",
                do:
                    "sysctl -w net.core.rmem_max=\(wantedBytes) net.core.wmem_max=\(wantedBytes), and the same in "
                    + "/etc/sysctl.d/switchboard.conf")
        ]
    }

    private static func backlog(_ machine: Machine) -> [Finding] {
        guard let text = machine.kernelText("/proc/sys/net/core/somaxconn"), let value = Int(text),
            value < wantedBacklog
        else { return [] }
        return [
            .notice(
                .buffersBacklog,
                "\(value) connections may wait to be accepted, of \(wantedBacklog) that are asked for",
                do: "sysctl -w net.core.somaxconn=\(wantedBacklog)")
        ]
    }

    /// A firewall that remembers connections drops packets when its table is full.
    private static func tracking(_ examination: Examination) -> [Finding] {
        let folder = "/proc/sys/net/netfilter/nf_conntrack_"
        func number(_ name: String) -> Int? {
            examination.machine.kernelText(folder + name).flatMap { Int($0) }
        }
        guard let most = number("max"), let count = number("count"), most > 0 else { return [] }
        if count > most / 10 * 9 {
            return [
                .warning(
                    .buffersTracking,
                    "the firewall's table of connections is nearly full: \(count) of \(most)",
                    do: "sysctl -w net.netfilter.nf_conntrack_max=\(most * 4)")
            ]
        }
        let values = examination.values
        let relayed = examination.hasRelay ? 2 * values.relayAllocations(addresses: 1) : 0
        let needed = values.web.connections.maxConnections + relayed
        guard most < needed, count > 0 else { return [] }
        return [
            .notice(
                .buffersTracking,
                "the firewall remembers \(most) connections, fewer than the \(needed) that the limits add up to",
                do: "sysctl -w net.netfilter.nf_conntrack_max=\(needed * 2), if calls break under load")
        ]
    }
}
