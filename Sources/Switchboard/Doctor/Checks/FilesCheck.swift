extension DoctorCheck {
    /// Limits of open files.
    static let files = DoctorCheck("Open files") { FilesCheck.run($0) }
}

enum FilesCheck {
    /// For the database, logs, listeners and what else is no connection.
    private static let reserve = 300

    static func run(_ examination: Examination) -> [Finding] {
        let (values, machine) = (examination.values, examination.machine)
        var parts = ["MAX_CONNECTIONS \(values[Settings.maxConnections])"]
        var needed = values[Settings.maxConnections] + reserve
        if examination.hasRelay {
            let allocations = RangeCheck.allocations(values, addresses: 1)
            needed += allocations + values[Settings.relayMaxStreams]
            parts.append(
                (values[Settings.relayTotalQuota] > 0 ? "RELAY_TOTAL_QUOTA " : "relay ports ")
                    + "\(allocations)")
            parts.append("RELAY_MAX_STREAMS \(values[Settings.relayMaxStreams])")
        }
        let running = examination.server?.process.flatMap { machine.openFilesOf($0.id) }
        let limit = running ?? machine.openFiles()
        let who = running == nil ? "this process may have" : "the running server may have"
        let sum = "\(parts.joined(separator: " + ")) + \(reserve) in reserve = \(needed)"
        return [judge(limit, needed, who: who, sum: sum)] + system(needed, machine)
    }

    private static func judge(_ limit: Int, _ needed: Int, who: String, sum: String) -> Finding {
        guard limit < needed else {
            return .ok(
                .filesLimit,
                "\(who) \(limit == .max ? "any number of" : "\(limit)") files open; \(needed) are enough")
        }
        return .warning(
            .filesLimit, "\(who) \(limit) files open; when all limits are reached it takes \(sum)",
            do:
                "set LimitNOFILE=\(rounded(needed)) in the systemd unit, --ulimit nofile=\(rounded(needed)) for a "
                + "container, or ulimit -Hn in a shell; or lower those settings")
    }

    /// What all processes together may have.
    private static func system(_ needed: Int, _ machine: Machine) -> [Finding] {
        guard let text = machine.kernelText("/proc/sys/fs/file-max"), let all = Int(text), all < needed else {
            return []
        }
        return [
            .warning(
                .filesSystem, "all processes of this machine together may have \(all) files open",
                do: "sysctl -w fs.file-max=\(2 * rounded(needed)), and the same in /etc/sysctl.d/")
        ]
    }

    /// A number that looks chosen.
    private static func rounded(_ count: Int) -> Int { (count + 4_095) / 4_096 * 4_096 }
}
