import SettingFixtures
import Testing

@testable import Doctor

@Suite("The doctor and the configuration")
struct ConfigurationCheckTests {
    /// What is found in sources as they are read.
    private func read(
        _ arguments: [String] = [], environment: [String: String] = [:], dotEnv: String? = nil,
        turnServer: String? = nil
    ) async throws -> [Finding] {
        let reading = try await withSources(
            arguments, environment: environment, dotEnv: dotEnv, turnServer: turnServer
        ) { ConfigurationReading($0, dotEnvPath: ".env") }
        return await DoctorCheck.configuration.run(
            Examination(configuration: reading, machine: healthyMachine(), server: nil))
    }

    @Test("All that would stop the start is found, not only the first of it")
    func problems() async throws {
        let found = try await read(
            environment: [
                "PORT": "99999", "LOG_LEVEL": "loud", "RELAY_MIN_PORT": "60000", "RELAY_MAX_PORT": "50000",
            ])
        let errors = found.filter { $0.level == .error }
        #expect(errors.count == 3 && errors.allSatisfy { $0.id == .configurationValues }, "\(found.text)")
        #expect(
            found.text.contains("PORT \"99999\" in the environment") && found.text.contains("RELAY_MAX_PORT"))
    }

    @Test("It says where settings come from, and which of two values counts")
    func shadowed() async throws {
        let found = try await read(
            ["--port", "1"], environment: ["PORT": "2", "HOST": "127.0.0.1"],
            dotEnv: "PORT=3\nHOST=127.0.0.1",
            turnServer: "listening-port=5000")
        #expect(
            found.text.contains(
                "4 settings are set: 1 on the command line, 2 in the environment, 1 in turnserver"))
        #expect(found[.configurationShadowed] == .notice)
        #expect(found.count { $0.id == .configurationShadowed } == 2)
        #expect(found.text.contains("--port \"1\" counts, PORT \"3\" in .env, line 1 does not"))
    }

    @Test("Names that are nearly settings are warned of")
    func mistyped() async throws {
        #expect(try await read(environment: ["ADMIN_TOKN": "x"])[.configurationSources] == .warning)
    }

    @Test(
        "What cannot be meant is found",
        arguments: [
            (["ROOM_POLICY": "paired"], Finding.Level.warning),
            (["USE_RELAY": "1", "TURN_URLS": "turn:a.example:3478"], .warning),
            (["USE_RELAY": "0", "ICE_HOST": "a.example"], .warning),
            (["RELAY_UDP": "0", "RELAY_TCP": "0", "RELAY_SHARE_PORTS": "0"], .error),
            (["RELAY_UDP": "0"], .warning),
            (["RELAY_TLS": "0", "RELAY_CERT": "a", "RELAY_KEY": "b"], .warning),
            (["ROOM_POLICY": "paired", "USE_SQLITE": "1"], nil),
            (["USE_RELAY": "0"], nil),
        ] as [([String: String], Finding.Level?)])
    func contradictions(environment: [String: String], level: Finding.Level?) async throws {
        #expect(try await findings(.configuration, environment)[.configurationContradiction] == level)
    }

    @Test("Secrets are judged and never shown, and files with them are looked after")
    func secrets() async throws {
        let weak = try await findings(
            .secrets,
            ["RELAY_SECRETS": "tiny-relay", "ADMIN_TOKEN": "admin-xyz", "RELAY_USERS": "joe:pw-of-joe"])
        #expect(weak.count { $0.id == .secretsStrength && $0.level == .warning } == 3)
        for secret in ["tiny-relay", "admin-xyz", "pw-of-joe", "joe"] { #expect(!weak.text.contains(secret)) }
        #expect(
            try await findings(.secrets, ["RELAY_SECRETS": "aaaaaaaaaaaaaaaaaaaa"])[.secretsStrength]
                == .warning)
        #expect(try await findings(.secrets)[.secretsMissing] == .notice)
        #expect(try await findings(.secrets, ["USE_RELAY": "0"])[.secretsMissing] == nil)

        var reading = ConfigurationReading()
        reading.secretFiles = [".env"]
        var machine = healthyMachine()
        machine.file = { _ in FileFacts(mode: 0o644) }
        let open = await DoctorCheck.secrets.run(
            Examination(configuration: reading, machine: machine, server: nil))
        #expect(open[.secretsReadable] == .warning && open.text.contains("chmod o-rwx .env"))
    }

    @Test("A file is looked after if a secret stands in it")
    func secretFiles() async throws {
        let files = try await withSources(
            environment: ["ADMIN_TOKEN": "12345678"], dotEnv: "RELAY_SECRETS=north\nPORT=1"
        ) {
            ConfigurationReading($0, dotEnvPath: ".env").secretFiles
        }
        #expect(files == [".env"])
    }

    @Test("Who is let in is looked at")
    func access() async throws {
        #expect(try await findings(.access)[.accessPublic] == .notice)
        #expect(try await findings(.access)[.accessEncryption] == .notice)
        #expect(try await findings(.access, ["HOST": "127.0.0.1"]).worst == .ok)
        #expect(try await findings(.access, ["TRUSTED_PROXIES": "0.0.0.0/0"])[.accessProxies] == .error)
        #expect(try await findings(.access, ["TRUSTED_PROXIES": "127.0.0.1"])[.accessProxies] == .notice)
        #expect(try await findings(.access, ["TRUSTED_PROXIES": "10.0.0.0/8"])[.accessProxies] == .ok)
        let https = ["TLS_CERT": "a", "TLS_KEY": "b"]
        #expect(try await findings(.access, https)[.accessEncryption] == .notice)
        #expect(
            try await findings(.access, https.merging(["REDIRECT_HTTP": "1"]) { $1 })[.accessEncryption]
                == nil)
        #expect(try await findings(.access, ["PROXY_PROTOCOL_FROM": "::/0"])[.accessProxies] == .error)
        #expect(try await findings(.access, ["RELAY_ALLOW_LOOPBACK_PEERS": "1"])[.accessPublic] == .warning)
        #expect(try await findings(.access) { $0.userID = { 0 } }[.accessUser] == .notice)
    }
}
