import Settings
import Testing

@testable import Switchboard

@Suite("switchboard db")
struct DatabaseCommandTests {
    @Test("Alone it is wrong usage, and says which commands there are")
    func alone() async {
        #expect(await Program.run(["db"]) == 2)
        await #expect(throws: UsageError("db needs a command; allowed: init, check")) {
            try await DatabaseCommand().run()
        }
    }

    @Test("Its help is no error")
    func help() async {
        #expect(await Program.run(["db", "--help"]) == 0)
        #expect(await Program.run(["help", "db"]) == 0)
    }
}
