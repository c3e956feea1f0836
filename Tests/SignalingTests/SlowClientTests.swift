import Signaling
import Testing
import Timing

@Suite("A session whose own client is slow")
struct SlowClientTests {
    private let stage = Stage()

    @Test("closes with 1013 when more than the bound waits, and what waits is forgotten")
    func overflow() {
        let (a, b) = stage.pair()
        b.stallSocket()
        b.send(.ping)
        // Its own answers alone fill the outbox; nobody can be held for them.
        for _ in 0..<200 { b.send(.json(#"{"type":"webrtc_offer"}"#)) }
        #expect(b.ends == [.slow])
        #expect(a.takeReceived() == ["peer_disconnected"])
        b.unstallSocket()
        #expect(b.takeReceived() == ["pong frame", "close 1013"])
        #expect(b.mostBytesWaiting <= 4_000)
        stage.pass(.seconds(2))
        #expect(b.isGone)
    }

    @Test("closes with 1013 when the socket takes nothing for five seconds")
    func stalled() {
        let (a, b) = stage.pair()
        b.stallSocket()
        a.offerCandidate("1")
        a.offerCandidate("2")
        stage.pass(.milliseconds(4_999))
        #expect(b.ends == [])
        stage.pass(.milliseconds(1))
        #expect(b.ends == [.slow])
        #expect(a.takeReceived() == ["peer_disconnected"])
        b.unstallSocket()
        #expect(b.takeReceived() == ["ice_candidate 1 from a in r", "close 1013"])
    }

    @Test("begins the five seconds anew with any progress, and forgets them when all is taken")
    func progress() {
        let (a, b) = stage.pair()
        b.stallSocket()
        a.send(Client.candidate("1"), Client.candidate("2"))
        stage.pass(.seconds(4))
        b.takeFromSocket(1)
        stage.pass(.seconds(5))
        #expect(b.ends == [])
        b.unstallSocket()
        b.stallSocket()
        stage.pass(.seconds(20))
        #expect(b.ends == [])
        a.offerCandidate("3")
        stage.pass(.seconds(5))
        #expect(b.ends == [.slow])
    }

    @Test("answers the close frame of a slow client behind all that waits, and does not wait for ever")
    func closesWithBacklog() {
        let (a, b) = stage.pair()
        b.stallSocket()
        a.offerCandidate("1")
        a.offerCandidate("2")
        b.send(.close(1000))
        #expect(!b.isGone)
        b.unstallSocket()
        #expect(
            b.takeReceived() == [
                "ice_candidate 1 from a in r", "ice_candidate 2 from a in r", "close 1000",
            ])
        stage.pass(.seconds(2))
        #expect(b.isGone)
        #expect(b.ends == [.client])
    }

    @Test(
        "closes with 1013 when the process holds too much and this client is the slowest, and what waits is forgotten"
    )
    func slowest() {
        let (a, b) = stage.pair()
        #expect(b.rules.behindSince(inputSince: .distantFuture) == .distantFuture)
        b.stallSocket()
        let began = stage.now
        a.send(Client.candidate("1"), Client.candidate("2"))
        stage.pass(.seconds(4))
        b.takeFromSocket(1)
        stage.pass(.seconds(4))
        // Progress does not make it less behind, unlike the write timeout.
        #expect(b.rules.behindSince(inputSince: .distantFuture) == began)
        b.perform(b.rules.isSlowest(at: stage.now))
        b.endEvent()
        #expect(b.ends == [.memory])
        #expect(a.takeReceived() == ["peer_disconnected"])
        #expect(b.rules.isSlowest(at: stage.now) == .nothing)
        b.unstallSocket()
        #expect(b.takeReceived().last == "close 1013")
        stage.pass(.seconds(2))
        #expect(b.isGone)
    }

    @Test("is behind with a message that does not end, but not with what waits for its peer")
    func behindWithInput() {
        let (a, b) = stage.pair()
        let began = stage.now
        stage.pass(.seconds(1))
        #expect(a.rules.behindSince(inputSince: began) == began)
        b.stallSocket()
        a.offerCandidate("1", padding: 1_500)
        a.offerCandidate("2", padding: 1_500)
        let takesMessages = a.rules.takesMessages
        #expect(!takesMessages)
        #expect(a.rules.behindSince(inputSince: began) == .distantFuture)
    }
}
