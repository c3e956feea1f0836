import ArgumentParser
import JSON
import OperatorText
import RelayServer
import Settings
import TURN
import Timing

/// `switchboard credentials`: time-limited TURN credentials for scripts.
struct CredentialsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credentials",
        abstract: "Make or verify time-limited TURN credentials.",
        discussion: """
            The username is the time at which the credential ends and an id, the credential
            is base64 of HMAC-SHA1 of the username under a shared secret: what this server's
            relay accepts, and coturn with use-auth-secret. Verified are also usernames that
            others make of the same secret: an id before the time, or a time alone. The
            secrets are those of the server: RELAY_SECRETS, or static-auth-secret in
            turnserver.conf.
            """,
        subcommands: [Mint.self, Verify.self])

    /// Without a command of its own it does nothing, which no script should take for success.
    func run() async throws {
        StandardStreams.printError(Switchboard.helpMessage(for: Self.self) + "\n")
        throw UsageError("credentials needs a command; allowed: mint, verify")
    }

    /// `switchboard credentials mint`.
    struct Mint: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a credential and print it as one line of JSON.",
            discussion: """
                Prints {"username":…,"credential":…,"expires":…}; expires is in seconds since
                1970. It is made with the first secret. Exit code 1 if there is none.

                \(Settings.help(Settings.credentials))
                """)

        @Option(
            help:
                "The user it is for: 1 to 128 visible ASCII characters, no colon. The quota of a user counts by it."
        )
        var id = "script"

        @Argument(
            parsing: .allUnrecognized, help: ArgumentHelp("Settings, listed above.", valueName: "setting"))
        var settings: [String] = []

        func run() async throws {
            guard (1...128).contains(id.utf8.count), id.isVisibleASCII, !id.contains(":") else {
                throw UsageError(
                    "--id \(id.quoted) is not allowed; allowed: 1 to 128 visible ASCII characters without a colon"
                )
            }
            let values = try await CredentialsCommand.values(settings)
            guard let secret = values.relay.secrets.first else { throw CredentialsCommand.noSecret }
            let lifetime = UInt64(values.ice.credentialSeconds)
            let now = UnixTime.now
            let minted = TimeLimitedCredential.mint(
                SharedSecret(secret), id: id, lifetimeSeconds: lifetime, now: now)
            var line = JSONObjectWriter()
            line.add("username", minted.username)
            line.add("credential", minted.credential)
            line.add("expires", Int(clamping: now.seconds + lifetime))
            StandardStreams.printLine(String(decoding: line.text, as: UTF8.self))
        }
    }

    /// `switchboard credentials verify`.
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say whether a credential is valid.",
            discussion: """
                Prints valid, expired or wrong; exit code 0 if it is valid, else 1. A server may
                refuse a valid one all the same: because its room was deleted, or by a quota.

                \(Settings.help(Settings.credentials))
                """)

        @Option(help: "The username, such as 1900000000:script, script:1900000000 or 1900000000.")
        var username: String

        @Option(help: "The credential.")
        var credential: String

        @Argument(
            parsing: .allUnrecognized, help: ArgumentHelp("Settings, listed above.", valueName: "setting"))
        var settings: [String] = []

        func run() async throws {
            let values = try await CredentialsCommand.values(settings)
            let secrets = values.relay.secrets.map { SharedSecret($0) }
            guard !secrets.isEmpty else { throw CredentialsCommand.noSecret }
            switch TimeLimitedCredential.verify(
                username: username, credential: credential, secrets: secrets, now: .now)
            {
            case .valid: StandardStreams.printLine("valid")
            case .expired: try CredentialsCommand.fail("expired")
            case .wrong: try CredentialsCommand.fail("wrong")
            }
        }
    }

    private static func fail(_ verdict: String) throws {
        StandardStreams.printLine(verdict)
        throw ExitCode.failure
    }

    private static let noSecret = CommandFailure(
        "no shared secret is configured; set RELAY_SECRETS, or static-auth-secret in turnserver.conf")

    private static func values(_ arguments: [String]) async throws -> SettingValues {
        let sources = try await SettingSources.ofThisProcess(arguments, known: Settings.credentials)
        for notice in sources.notices {
            StandardStreams.printError("switchboard: \(notice)")
        }
        return try SettingValues(Settings.credentials, from: sources)
    }
}
