import Addresses
import Settings
import TURN

extension DoctorCheck {
    /// The ports that peers see.
    static let range = DoctorCheck("Relay ports") { RangeCheck.run($0) }
}

enum RangeCheck {
    /// Below this a few callers use them up: a call takes up to six, and each rests for RELAY_PORT_REST.
    private static let fewPorts = 100

    static func run(_ examination: Examination) -> [Finding] {
        guard examination.hasRelay else { return [.ok(.rangeSize, "there is no relay here")] }
        let values = examination.values
        let addresses = (try? examination.relayPlan())?.rules.relays.count ?? 1
        return size(values, addresses: max(1, addresses)) + overlaps(examination)
    }

    private static func size(_ values: SettingValues, addresses: Int) -> [Finding] {
        let ports = values.relayPortCount * addresses
        let quota = values.turn.quotas.total
        let range = "\(values.relay.minPort) to \(values.relay.maxPort)"
        let on = addresses > 1 ? " on \(addresses) addresses" : ""
        let widen = "widen RELAY_MIN_PORT to RELAY_MAX_PORT, and what firewalls and containers let through"
        if ports < fewPorts {
            return [
                .warning(
                    .rangeSize,
                    "\(range)\(on) makes \(ports) ports: enough for \(max(1, ports / 6)) calls at a time, as "
                        + "a used port rests for \(values.turn.portRestSeconds) s", do: widen)
            ]
        }
        if quota > ports {
            return [
                .notice(
                    .rangeSize,
                    "\(range)\(on) makes \(ports) ports, fewer than RELAY_TOTAL_QUOTA (\(quota)): they run "
                        + "out first",
                    do: "\(widen), or lower RELAY_TOTAL_QUOTA")
            ]
        }
        let limit = quota == 0 ? "all may be used" : "RELAY_TOTAL_QUOTA is \(quota)"
        return [.ok(.rangeSize, "\(range)\(on): \(ports) ports, \(limit)")]
    }

    /// What else has ports among them.
    private static func overlaps(_ examination: Examination) -> [Finding] {
        let (values, machine) = (examination.values, examination.machine)
        let least = UInt16(clamping: values.relay.minPort)
        let ports = least...max(least, UInt16(clamping: values.relay.maxPort))
        let inside = values.plannedPorts(machine, withRelay: true).first {
            $0.endpoint.transport == .udp && ports.contains($0.endpoint.address.port)
        }
        if let inside {
            return [
                .warning(
                    .rangeOverlap, of: inside.setting, "\(inside.inWords) is one of the ports that peers see",
                    do: "keep it out of RELAY_MIN_PORT to RELAY_MAX_PORT")
            ]
        }
        guard examination.server == nil else { return [] }
        let tables = ["/proc/net/udp", "/proc/net/udp6"].compactMap(machine.kernelText)
        guard !tables.isEmpty else {
            return [
                .notice(
                    .unfinished, of: "RELAY_MIN_PORT", "which of the ports other programs have cannot be read"
                )
            ]
        }
        let taken = tables.reduce(0) { count, table in count + SocketTable.count(table, ports: ports) }
        guard taken * 10 > ports.count else { return [] }
        return [
            .warning(
                .rangeOverlap, "other programs have \(taken) of the \(ports.count) ports",
                do: "move RELAY_MIN_PORT and RELAY_MAX_PORT, or net.ipv4.ip_local_port_range, apart")
        ]
    }
}
