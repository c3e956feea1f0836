extension DoctorCheck {
    /// Whether a switchboard runs with this configuration already, and how it is.
    static let server = DoctorCheck("Server") { ServerCheck.run($0) }
}

enum ServerCheck {
    static func run(_ examination: Examination) -> [Finding] {
        guard let server = examination.server else {
            return [
                .ok(.serverRunning, "no server runs with this configuration; the doctor tries what one needs")
            ]
        }
        let who = server.process.map { ": \($0.inWords)" } ?? ""
        guard server.isReady else {
            return [
                .error(
                    .serverRunning,
                    "it runs and is not ready\(who): \(server.problem ?? "it gave no reason")",
                    do: "look for errors in its log: journalctl -u switchboard")
            ]
        }
        return [.ok(.serverRunning, "it runs and is ready\(who)")]
    }
}
