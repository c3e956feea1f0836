import OperatorText

/// The settings that stand on a command line.
///
/// `--port 8080`, `--port=8080` and, for switches, `--use-sqlite` and `--no-use-sqlite` alone. Everything else is
/// refused.
package struct CommandLineFlags {
    /// The flags in one spelling, `--key=value`, each at most once.
    private(set) var normalized: [String] = []

    /// Reads the arguments that follow the command.
    ///
    /// - Parameter known: The settings that the command has.
    package init(_ arguments: [String], known: [Setting]) throws(UsageError) {
        var rest = arguments[...]
        var seen: Set<String> = []
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--"), argument.count > 2 else {
                let hint =
                    argument.hasPrefix("-")
                    ? "flags begin with two dashes" : "settings are flags, --port 8080"
                throw UsageError("unexpected argument \(argument.quoted); \(hint)")
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let flag = String(parts[0])
            let negated = known.first { $0.type == .yesOrNo && $0.negatedFlag == flag }
            guard let setting = negated ?? known.first(where: { $0.flag == flag }) else {
                throw Self.unknown(flag, known)
            }
            guard seen.insert(setting.flag).inserted else {
                throw UsageError("\(setting.flag) is given twice; allowed: once")
            }
            let value: String
            if negated != nil {
                guard parts.count == 1 else {
                    throw UsageError("\(flag) takes no value; allowed: \(flag) or \(setting.flag)=...")
                }
                value = "false"
            } else if parts.count == 2 {
                value = String(parts[1])
            } else if setting.type == .yesOrNo {
                value = rest.first.map(setting.accepts) == true ? rest.removeFirst() : "true"
            } else if let next = rest.popFirst() {
                value = next
            } else {
                throw UsageError("\(flag) needs a value; allowed: \(setting.allowed)")
            }
            normalized.append("\(setting.flag)=\(value)")
        }
    }

    private static func unknown(_ flag: String, _ known: [Setting]) -> UsageError {
        let hint =
            flag.nearest(of: known.map(\.flag)).map { "did you mean \($0)?" }
            ?? "--help lists what is allowed"
        return UsageError("unknown flag \(flag.quoted); \(hint)")
    }
}
