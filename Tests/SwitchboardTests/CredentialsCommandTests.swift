import Settings
import Testing

@testable import Switchboard

@Suite("switchboard credentials")
struct CredentialsCommandTests {
    @Test("Alone it is wrong usage, and says which commands there are")
    func alone() async {
        #expect(await Program.run(["credentials"]) == 2)
        await #expect(throws: UsageError("credentials needs a command; allowed: mint, verify")) {
            try await CredentialsCommand().run()
        }
    }

    @Test("Its help is no error, and lists the settings that it has")
    func help() async {
        #expect(await Program.run(["credentials", "mint", "--help"]) == 0)
        #expect(await Program.run(["help", "credentials"]) == 0)
        #expect(Settings.help(Settings.credentials).contains("--relay-secrets"))
    }
}
