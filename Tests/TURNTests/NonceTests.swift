import Addresses
import STUN
import Testing
import Timing

@testable import TURN

@Suite("Nonces (RFC 8489 §9.2)")
struct NonceTests {
    @Test("A nonce of one loop verifies on another")
    func otherLoop() {
        let stage = Stage()
        let client = Client(stage)
        client.challenge()
        let other = Client(Stage(authority: stage.authority, loop: 1))
        other.nonce = client.nonce
        #expect(other.allocate()?.isSuccess == true)
    }

    @Test("A nonce handed out before a restart verifies after it, as long as the configuration is the same")
    func restart() {
        let client = Client(Stage())
        client.challenge()
        let after = Client(Stage())
        after.nonce = client.nonce
        #expect(after.allocate()?.isSuccess == true)
        let otherwise = Client(Stage { $0.secrets = [SharedSecret("other")] })
        otherwise.nonce = client.nonce
        #expect(otherwise.allocate()?.code == 438)
        let rotated = Client(Stage { $0.secrets = [SharedSecret("new"), SharedSecret("s3cret")] })
        rotated.nonce = client.nonce
        #expect(rotated.allocate()?.isSuccess == true)
    }

    @Test("With a secret no nonce can be made from what users know")
    func usersAreNoSecret() {
        func keys(_ secrets: [SharedSecret]) -> NonceKeys {
            NonceKeys(
                secrets: secrets, users: [StaticUser(name: "user", password: "known to all")],
                lifetimeSeconds: 3600, graceSeconds: 3600)
        }
        let address = IPAddress(v4: 0xC000_0201)
        let now = UnixTime(seconds: Stage.start)
        let nonce = keys([]).mint(address, features: nil, at: now)
        func verdict(_ keys: NonceKeys) -> NonceKeys.Verdict {
            keys.verify(nonce.span.bytes, 0..<nonce.count, address, features: nil, at: now)
        }
        #expect(verdict(keys([])) == .valid)
        #expect(verdict(keys([SharedSecret("s3cret")])) == .foreign)
    }

    @Test("With users alone the key derives from them")
    func usersOnly() {
        let client = Client(Stage { $0.secrets = [] })
        client.challenge()
        let after = Client(
            Stage {
                $0.secrets = []; $0.users.reverse()
            })
        after.nonce = client.nonce
        #expect(after.allocate()?.isSuccess == true)
    }

    @Test("After an hour a nonce is stale: 438 with a new one, and with it things go on")
    func stale() throws {
        let stage = Stage { $0.allocationSeconds = 3600 }
        let client = Client(stage)
        client.allocate()
        stage.pass(seconds: 3599)
        #expect(client.refresh()?.isSuccess == true)
        stage.pass(seconds: 1)
        let answer = try #require(client.refresh())
        #expect(answer.code == 438)
        #expect(answer.value(.realm) != nil && !answer.index.contains(.messageIntegrity))
        client.nonce = try #require(answer.value(.nonce))
        #expect(client.refresh()?.isSuccess == true)
    }

    @Test("Nonces can be made to live for ever")
    func forEver() {
        let stage = Stage {
            $0.nonceSeconds = 0; $0.allocationSeconds = 1_000_000
        }
        let client = Client(stage)
        client.allocate()
        stage.pass(seconds: 900_000)
        #expect(client.refresh()?.isSuccess == true)
    }

    @Test("A nonce is for one client address")
    func otherAddress() {
        let stage = Stage()
        let client = Client(stage)
        client.challenge()
        let thief = Client(stage, ip: IPAddress(v4: 0x0808_0405))
        thief.nonce = client.nonce
        #expect(thief.allocate()?.code == 438)
        let samePlace = Client(stage, port: 41_000)
        samePlace.nonce = client.nonce
        #expect(samePlace.allocate()?.isSuccess == true)
    }

    @Test("A nonce of any other length or alphabet is stale, not an accident")
    func nonsense() {
        let client = Client(Stage())
        client.challenge()
        let good = client.nonce
        for nonsense in [Array(good.dropLast()), good + [0x41], Array(repeating: 0x20, count: 16), [0x41]] {
            client.nonce = nonsense
            #expect(client.allocate()?.code == 438)
        }
    }

    @Test("Base64 as others write it")
    func base64() {
        #expect(Base64.encode(Array("".utf8)) == "")
        #expect(Base64.encode(Array("f".utf8)) == "Zg==")
        #expect(Base64.encode(Array("fo".utf8)) == "Zm8=")
        #expect(Base64.encode(Array("foobar".utf8)) == "Zm9vYmFy")
        #expect(Base64.encode([0xFB, 0xFF]) == "+/8=")
        #expect(
            String(
                decoding: Base64.encodeURLSafe(high: 0xFBFF_BF00, low: 0x0102_0304_0506_FFFE), as: UTF8.self)
                == "-_-_AAECAwQFBv_-")
    }
}
