import Addresses
import STUN
import Testing
import Timing

@testable import TURN

@Suite("Time-limited credentials")
struct TimeLimitedCredentialTests {
    private let now = UnixTime(seconds: Stage.start)
    private let secret = SharedSecret("s3cret")
    private let peer = TransportAddress(IPAddress(v4: 0x0101_0101), port: 7000)

    private func client(
        _ stage: Stage, port: UInt16 = 40_000, id: String = "me", lifetime: UInt64 = 3600,
        _ secret: SharedSecret = SharedSecret("s3cret")
    ) -> Client {
        let credential = TimeLimitedCredential.mint(
            secret, id: id, lifetimeSeconds: lifetime, now: stage.wallClock)
        return Client(stage, port: port, username: credential.username, password: credential.credential)
    }

    @Test("The password is base64 of HMAC-SHA1, as coturn computes it")
    func vector() {
        // printf %s 1767229200:alice | openssl dgst -sha1 -hmac s3cret -binary | base64
        let credential = TimeLimitedCredential.mint(secret, id: "alice", lifetimeSeconds: 3600, now: now)
        #expect(credential.username == "1767229200:alice")
        #expect(credential.credential == "0nAicpAnjcC6fTPKxhHd9BXdpto=")
    }

    @Test("verify tells valid, expired and wrong apart")
    func verify() {
        let credential = TimeLimitedCredential.mint(secret, id: "alice", lifetimeSeconds: 60, now: now)
        func verdict(_ username: String, _ password: String, at seconds: UInt64)
            -> TimeLimitedCredential.Verdict
        {
            TimeLimitedCredential.verify(
                username: username, credential: password, secrets: [SharedSecret("older"), secret],
                now: UnixTime(seconds: seconds))
        }
        #expect(verdict(credential.username, credential.credential, at: now.seconds + 59) == .valid)
        #expect(verdict(credential.username, credential.credential, at: now.seconds + 60) == .expired)
        #expect(verdict(credential.username, "nonsense", at: now.seconds) == .wrong)
        #expect(verdict("alice", credential.credential, at: now.seconds) == .wrong)
        #expect(verdict(credential.username + "x", credential.credential, at: now.seconds) == .wrong)
        for username in ["\(now.seconds)", "\(now.seconds):", ":\(now.seconds)", "alice:\(now.seconds)"] {
            let password = TimeLimitedCredential.password(username, secret)
            #expect(verdict(username, password, at: now.seconds - 1) == .valid)
            #expect(verdict(username, password, at: now.seconds) == .expired)
        }
    }

    @Test("verify compares every byte: a credential of another secret or name, or changed anywhere, is wrong")
    func verifyAll() {
        let credential = TimeLimitedCredential.mint(secret, id: "alice", lifetimeSeconds: 60, now: now)
        func isWrong(_ password: String) -> Bool {
            TimeLimitedCredential.verify(
                username: credential.username, credential: password, secrets: [secret], now: now) == .wrong
        }
        for number in 0..<500 {
            #expect(
                isWrong(TimeLimitedCredential.password(credential.username, SharedSecret("other \(number)"))))
            #expect(isWrong(TimeLimitedCredential.password("\(number):alice", secret)))
        }
        for place in credential.credential.utf8.indices {
            var bytes = Array(credential.credential.utf8)
            bytes[credential.credential.utf8.distance(from: credential.credential.startIndex, to: place)] ^= 1
            #expect(isWrong(String(decoding: bytes, as: UTF8.self)))
        }
        #expect(isWrong("") && isWrong(credential.credential + "=") && !isWrong(credential.credential))
    }

    @Test("They open an allocation, with any of several secrets")
    func allocates() {
        let stage = Stage { $0.secrets = [SharedSecret("new"), SharedSecret("s3cret")] }
        #expect(client(stage).allocate()?.isSuccess == true)
        #expect(client(stage, port: 41_000, SharedSecret("new")).allocate()?.isSuccess == true)
        #expect(client(stage, port: 42_000, SharedSecret("other")).allocate()?.code == 401)
    }

    @Test("Their age counts for new allocations only: what expires during a call does not end it")
    func expiry() throws {
        let stage = Stage()
        let caller = client(stage, lifetime: 100)
        caller.allocate()
        stage.pass(seconds: 100)
        #expect(caller.refresh()?.isSuccess == true)
        #expect(caller.permit(peer)?.isSuccess == true)
        #expect(caller.bind(0x4000, peer)?.isSuccess == true)
        let again = Client(stage, port: 41_000, username: caller.username, password: caller.password)
        let answer = try #require(again.allocate())
        #expect(answer.code == 401 && !answer.index.contains(.messageIntegrity))
        #expect(caller.refresh(0)?.isSuccess == true)
    }

    @Test("A retransmitted Allocate is answered again after its credential has expired")
    func retransmission() {
        let stage = Stage()
        let caller = client(stage, lifetime: 1)
        caller.challenge()
        let request = caller.message(.allocate) { $0.add(requestedTransport: 17) }
        let first = caller.send(request)
        stage.pass(seconds: 1)
        #expect(first?.isSuccess == true && caller.send(request)?.bytes == first?.bytes)
    }

    @Test("Without secrets nobody can make one up")
    func noSecrets() {
        #expect(client(Stage { $0.secrets = [] }, SharedSecret("")).allocate()?.code == 401)
    }

    @Test(
        "When a room is over, its members' allocations end and their credentials open no more; others go on")
    func revocation() {
        let stage = Stage()
        let tags = CredentialTags(secret)
        let member = client(stage, id: tags.credentialID(roomID: "room-1", member: "client1"))
        let other = client(stage, port: 41_000, id: tags.credentialID(roomID: "room-2", member: "client1"))
        member.allocate()
        other.allocate()
        stage.end(tags.room("room-1"))
        #expect(stage.server.allocationCount == 1)
        #expect(member.refresh()?.code == 437)
        #expect(member.allocate()?.code == 401)
        let turned = tags.credentialID(roomID: "room-1", member: "client1") + ":\(Stage.start + 100)"
        #expect(
            Client(
                stage, port: 43_000, username: turned,
                password: TimeLimitedCredential.password(turned, secret)
            ).allocate()?.code == 401)
        #expect(other.refresh()?.isSuccess == true)
        #expect(Client(stage, port: 42_000).allocate()?.isSuccess == true)
    }

    @Test("Ids name room and member without telling either")
    func tags() {
        let tags = CredentialTags(secret)
        let id = tags.credentialID(roomID: "room-1", member: "client1")
        #expect(id.utf8.count == 33 && !id.contains("room") && !id.contains("client"))
        #expect(TimeLimitedUsername("1:" + id)?.room == tags.room("room-1"))
        #expect(CredentialTags(secret).credentialID(roomID: "room-1", member: "client1") == id)
        #expect(CredentialTags(SharedSecret("x")).credentialID(roomID: "room-1", member: "client1") != id)
        #expect(tags.credentialID(roomID: "room-1", member: "client2") != id)
        #expect(tags.room("room-1") != tags.room("room-2"))
        #expect(TimeLimitedUsername(id + ":1")?.room == tags.room("room-1"))
        #expect(TimeLimitedUsername("1:alice")?.room == nil)
    }

    @Test("Revocations are forgotten when no credential can live any more, and the table is bounded")
    func boundedRevocations() {
        let revocations = Revocations(credentialSeconds: 100)
        revocations.revoke(RoomTag(bits: 1), now: UnixTime(seconds: 1000))
        #expect(revocations.contains(RoomTag(bits: 1)))
        revocations.revoke(RoomTag(bits: 2), now: UnixTime(seconds: 1101))
        #expect(!revocations.contains(RoomTag(bits: 1)))
        for bits in 3..<UInt64(Revocations.maximumCount) + 3 {
            revocations.revoke(RoomTag(bits: bits), now: UnixTime(seconds: 1101))
        }
        #expect(!revocations.contains(RoomTag(bits: 2)))
        #expect(revocations.contains(RoomTag(bits: 3)))
    }

    @Test("Secrets are not printed")
    func unprinted() { #expect("\(SharedSecret("s3cret"))" == "<secret>") }
}
