import STUN
import Testing

@testable import TURN

@Suite("Names are bytes")
struct UsernameTests {
    // The same text in two spellings: one character, and a letter with a combining accent.
    private let composed = "Zo\u{EB}"
    private let decomposed = "Zoe\u{308}"

    @Test("Two users whose names Unicode takes for the same text are two users")
    func users() {
        #expect(composed == decomposed)
        let stage = Stage {
            $0.users = [
                StaticUser(name: composed, password: "one"), StaticUser(name: decomposed, password: "two"),
            ]
        }
        for (name, password) in [(composed, "one"), (decomposed, "two")] {
            let port = UInt16(40_000 + name.utf8.count)
            let client = Client(stage, port: port, username: name, password: password)
            #expect(client.allocate()?.isSuccess == true)
        }
        let mixed = Client(stage, port: 41_000, username: composed, password: "two")
        #expect(mixed.allocate()?.code == 401)
    }

    @Test("An allocation belongs to one spelling of a name")
    func owner() {
        let stage = Stage()
        func client(_ id: String) -> Client {
            let name = "\(Stage.start + 100):\(id)"
            return Client(
                stage, username: name,
                password: TimeLimitedCredential.password(name, SharedSecret("s3cret")))
        }
        let owner = client(composed)
        #expect(owner.allocate()?.isSuccess == true)
        let other = client(decomposed)
        other.nonce = owner.nonce
        #expect(other.refresh()?.code == 441)
        #expect(owner.refresh()?.isSuccess == true)
    }
}
