import STUN
import Testing

@testable import TURN

@Suite("Long-term credentials (RFC 8489 §9.2)")
struct AuthenticationTests {
    @Test("The first answer announces both algorithms in its nonce, and they can be used")
    func sha256() throws {
        let client = Client(Stage(), transport: .tcp)
        let challenge = try #require(client.challenge())
        #expect(challenge.value(.passwordAlgorithms) == [0, 2, 0, 0, 0, 1, 0, 0])
        #expect(challenge.features == .passwordAlgorithms)
        client.algorithm = .sha256
        client.integrity = .sha256
        client.namesAlgorithm = true
        let answer = try #require(client.allocate())
        #expect(answer.isSuccess && answer.isSigned(client.key, .sha256))
        #expect(!answer.index.contains(.messageIntegrity))
        #expect(client.refresh()?.isSuccess == true)
    }

    @Test("A client that knows only the old ways gets along with the new nonce")
    func md5() {
        let client = Client(Stage(), transport: .tls)
        #expect(client.challenge()?.index.contains(.passwordAlgorithms) == true)
        #expect(client.allocate()?.isSuccess == true)
    }

    @Test("Bidding down is noticed: a changed list, half of the attributes, a nonce without its cookie")
    func biddingDown() throws {
        let client = Client(Stage(), transport: .tcp)
        let challenge = try #require(client.challenge())
        client.algorithm = .sha256
        let lists: [(inout MessageWriter) -> Void] = [
            {
                $0.add(.passwordAlgorithms, UInt64(0x0001_0000_0002_0000)); $0.add(PasswordAlgorithm.sha256)
            },
            { $0.add(.passwordAlgorithms, PasswordAlgorithms.offered) },
            { $0.add(PasswordAlgorithm.sha256) },
            {
                $0.add(.passwordAlgorithms, PasswordAlgorithms.offered);
                $0.add(.passwordAlgorithm, UInt32(0x0003_0000))
            },
        ]
        for list in lists {
            #expect(client.allocate(nil, list)?.code == 400)
        }
        client.algorithm = .md5
        client.nonce = Array(try #require(challenge.value(.nonce)).dropFirst(NonceCookie.byteCount))
        #expect(client.allocate()?.code == 438)
        // Another feature bit in the cookie.
        client.nonce = try #require(challenge.value(.nonce))
        client.nonce[9] = client.nonce[9] == UInt8(ascii: "A") ? UInt8(ascii: "g") : UInt8(ascii: "A")
        #expect(client.allocate()?.code == 438)
    }

    @Test("USERHASH stands for a static user, and is announced where every user is one")
    func userHash() throws {
        let client = Client(Stage { $0.secrets = [] }, transport: .tcp)
        let challenge = try #require(client.challenge())
        #expect(challenge.features == [.passwordAlgorithms, .usernameAnonymity])
        client.hidesName = true
        client.namesAlgorithm = true
        client.algorithm = .sha256
        client.integrity = .sha256
        #expect(client.allocate()?.isSuccess == true)
        #expect(client.refresh()?.isSuccess == true)
        client.hidesName = false
        #expect(client.refresh()?.isSuccess == true)
    }

    @Test("Signed messages without name, realm or nonce are 400")
    func missing() {
        let stage = Stage()
        let client = Client(stage)
        client.challenge()
        for left in [AttributeType.username, .realm, .nonce] {
            var writer = MessageWriter()
            writer.begin(.request, .allocate, client.nextTransaction())
            writer.add(requestedTransport: 17)
            if left != .username { writer.add(.username, client.username) }
            if left != .realm { writer.add(.realm, client.realm) }
            if left != .nonce { writer.add(.nonce, bytes: client.nonce) }
            writer.addIntegrity(.sha1, client.key)
            #expect(stage.deliver(Array(writer.buffer), from: client.tuple)?.code == 400)
        }
    }

    @Test("An unknown user and a wrong password get the same answer but for the transaction id")
    func indistinguishable() throws {
        let stage = Stage()
        let client = Client(stage)
        client.challenge()
        func answer(_ username: String, _ password: String) throws -> [UInt8] {
            client.username = username
            client.password = password
            let answer = try #require(client.allocate())
            #expect(answer.code == 401)
            return Array(answer.bytes.dropFirst(20))
        }
        let wrong = try answer("alice", "nonsense")
        #expect(try answer("mallory", "nonsense") == wrong)
        #expect(try answer("1767229200:x", "nonsense") == wrong)
        #expect(try answer("99999999999999999999999:x", "nonsense") == wrong)
    }

    @Test("The same work is done for a user who does not exist: one key, one HMAC, over one that nobody has")
    func dummyKey() {
        let credentials = Credentials(
            users: [StaticUser(name: "alice", password: "wonderland")], secrets: [], realm: "r")
        let unknown = credentials.claimant(.plain(Username("mallory")), .md5)
        #expect(!unknown.isKnown && unknown.keys.count == 1)
        #expect(credentials.claimant(.plain(Username("alice")), .md5).keys.count == 1)
        #expect(credentials.claimant(.plain(Username("")), .sha256).keys.count == 1)
    }

    @Test("Attributes after MESSAGE-INTEGRITY do not count")
    func afterIntegrity() throws {
        let stage = Stage()
        let client = Client(stage)
        client.allocate()
        var message = client.message(.refresh)
        // LIFETIME 0 behind the signature, the header's length raised.
        message += [0x00, 0x0D, 0, 4, 0, 0, 0, 0]
        message[3] += 8
        #expect(client.send(message)?.lifetime == 600)
        #expect(stage.server.allocationCount == 1)
    }

    @Test("A changed bit anywhere in a signed request is refused")
    func tampering() {
        let stage = Stage()
        let client = Client(stage)
        client.challenge()
        let request = client.message(.allocate) { $0.add(requestedTransport: 17) }
        for offset in 8..<request.count {
            var changed = request
            changed[offset] ^= 0x01
            let answer = client.send(changed)
            #expect(answer?.isSuccess != true, "byte \(offset)")
        }
        #expect(stage.server.allocationCount == 0)
    }

    @Test("Names that are not UTF-8, and names that are too long, are 400")
    func badNames() {
        let stage = Stage()
        let client = Client(stage)
        client.challenge()
        for name: [UInt8] in [[0xFF, 0xFE], Array(repeating: 0x61, count: 509)] {
            var writer = MessageWriter()
            writer.begin(.request, .allocate, client.nextTransaction())
            writer.add(.username, bytes: name)
            writer.add(.realm, client.realm)
            writer.add(.nonce, bytes: client.nonce)
            writer.addIntegrity(.sha1, client.key)
            #expect(stage.deliver(Array(writer.buffer), from: client.tuple)?.code == 400)
        }
    }

    @Test("A FINGERPRINT is checked, and answered with one")
    func fingerprint() {
        let client = Client(Stage())
        client.challenge()
        var request = client.message(.allocate, fingerprint: true) { $0.add(requestedTransport: 17) }
        #expect(client.send(request)?.types.last == .fingerprint)
        request[request.count - 1] ^= 1
        #expect(client.send(request) == nil)
        let always = Client(Stage { $0.alwaysFingerprints = true })
        #expect(always.allocate()?.types.last == .fingerprint)
    }
}
