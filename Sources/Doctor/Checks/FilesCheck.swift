import RelayServer
import Settings

extension DoctorCheck {
    /// Limits of open files.
    static let files = DoctorCheck("Open files") { FilesCheck.run($0) }
}

enum FilesCheck {
    static func run(_ examination: Examination) -> [Finding] {
        let (values, machine) = (examination.values, examination.machine)
        let running = examination.server?.process.flatMap { machine.openFilesOf($0.id) }
        guard let limit = running ?? machine.openFiles() else {
            return [
                .notice(.filesLimit, "the limit of open files cannot be read", do: "run: ulimit -Hn")
            ]
        }
        let relaying = (try? machine.relayHost()).map { RelayAddressPlan.locals(values, host: $0) } ?? []
        let plan = DescriptorPlan(
            values, limit: limit, relaying: relaying, processors: machine.processors())
        let who = running == nil ? "this process may have" : "the running server may have"
        return [judge(plan, values, who: who)] + system(plan.needed, machine)
    }

    private static func judge(_ plan: DescriptorPlan, _ values: SettingValues, who: String) -> Finding {
        let raise =
            "set LimitNOFILE=\(rounded(plan.needed)) in the systemd unit, --ulimit nofile=\(rounded(plan.needed)) "
            + "for a container, or ulimit -Hn in a shell; or lower those settings"
        guard plan.isWorkable else {
            return .error(.filesLimit, "the server does not start: \(plan.refusal)", do: raise)
        }
        guard plan.cuts.isEmpty else {
            return .warning(
                .filesLimit,
                "\(who) \(plan.limit) files open; when all limits are reached it takes \(plan.sumInWords): the server "
                    + "cuts \(plan.cutsInWords(values))", do: raise)
        }
        return .ok(
            .filesLimit,
            "\(who) \(plan.limit == .max ? "any number of" : "\(plan.limit)") files open; \(plan.needed) are enough"
        )
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
    private static func rounded(_ count: Int) -> Int {
        count > .max / 4 ? count : (count + 4_095) / 4_096 * 4_096
    }
}
