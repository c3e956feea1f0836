import Settings

extension DoctorCheck {
    /// Whether secrets can be guessed, and which users can read them.
    static let secrets = DoctorCheck("Secrets") { SecretsCheck.run($0) }
}

/// Looks at secrets without ever showing one, or how long it is.
enum SecretsCheck {
    /// Below this a secret can be found by trying.
    private static let goodBytes = 16
    private static let goodPasswordBytes = 12
    private static let goodVariety = 6
    private static let make = "openssl rand -hex 32"

    static func run(_ examination: Examination) -> [Finding] {
        let values = examination.values
        var found: [Finding] = []
        func judge(_ setting: String, _ what: String, _ secret: String, bytes: Int = goodBytes) {
            guard secret.utf8.count < bytes || Set(secret.utf8).count < goodVariety else { return }
            found.append(
                .warning(
                    .secretsStrength, of: setting,
                    "\(what) can be guessed: it is shorter than \(bytes) bytes, or has few different characters",
                    do: "use what this prints: \(make)"))
        }
        for (index, secret) in values.relay.secrets.enumerated() {
            judge("RELAY_SECRETS", "secret number \(index + 1) of RELAY_SECRETS", secret)
        }
        for (index, user) in values.relay.users.enumerated() {
            judge(
                "RELAY_USERS",
                "the password of user number \(index + 1) of RELAY_USERS, which never expires,",
                user.password, bytes: goodPasswordBytes)
        }
        if let token = values.adminToken { judge("ADMIN_TOKEN", "ADMIN_TOKEN", token) }
        if found.isEmpty { found.append(.ok(.secretsStrength, "no configured secret is easy to guess")) }
        if examination.hasRelay, values.relay.secrets.isEmpty {
            found.append(
                .notice(
                    .secretsMissing, of: "RELAY_SECRETS",
                    "RELAY_SECRETS is not set: each start makes a new secret, which ends all earlier credentials",
                    do: "set it to what this prints: \(make)"))
        }
        return found + readable(examination)
    }

    private static func readable(_ examination: Examination) -> [Finding] {
        examination.configuration.secretFiles.compactMap { path in
            let file = SecretFile(path: path, content: .settings)
            return file.exposure(examination.machine.file).map {
                .warning(.secretsReadable, of: path, $0, do: file.remedy)
            }
        }
    }
}
