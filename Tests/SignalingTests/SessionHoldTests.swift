import Signaling
import Testing
import Timing

/// Candidates that take some 1,000 bytes forwarded; five are more than the stage's outbox may hold, two more than
/// its quarter.
private let padding = 850

@Suite("A session whose peer is slow")
struct SessionHoldTests {
    private let stage = Stage()

    /// A pair whose second does not read, with its socket full and a message more in the outbox than its quarter.
    private func heldPair() -> (Client, Client) {
        let (a, b) = stage.pair()
        b.stallSocket()
        for label in ["1", "2", "3"] { a.offerCandidate(label, padding: padding) }
        return (a, b)
    }

    @Test("is held from a quarter of the bound on, and goes on when the peer has caught up")
    func heldAndReleased() {
        let (a, b) = heldPair()
        #expect(!a.readsSocket)
        a.send(Client.pingMessage)
        #expect(a.takeReceived() == [])
        b.unstallSocket()
        #expect(a.readsSocket)
        #expect(a.takeReceived() == ["pong"])
        #expect(
            b.takeReceived() == ["1", "2", "3"].map { "ice_candidate \($0) from a in r" })
    }

    @Test("keeps what came in one read with the message that was one too many")
    func keepsRest() {
        let (a, b) = stage.pair()
        b.stallSocket()
        a.send((1...6).map { Client.candidate("\($0)", padding: padding) })
        #expect(!a.readsSocket)
        // Two went to the socket, two wait in the outbox.
        #expect(a.kept.count == 2)
        b.unstallSocket()
        #expect(b.takeReceived() == (1...6).map { "ice_candidate \($0) from a in r" })
    }

    @Test("reads on after ten seconds in any case, and is held again if need be")
    func holdEnds() {
        let stage = Stage { $0.writeTimeout = .seconds(60) }
        let (a, b) = stage.pair()
        b.stallSocket()
        for label in ["1", "2", "3"] { a.offerCandidate(label, padding: padding) }
        a.send(Client.pingMessage, Client.candidate("4", padding: padding), Client.pingMessage)
        stage.pass(.milliseconds(9_999))
        #expect(a.takeReceived() == [])
        stage.pass(.milliseconds(1))
        #expect(a.takeReceived() == ["pong"])
        #expect(!a.readsSocket)
        stage.pass(.seconds(10))
        #expect(a.takeReceived() == ["pong"])
        #expect(a.readsSocket)
    }

    @Test("is released when the peer leaves, moves or dies, and when it moves itself")
    func released() {
        for end in ["leave", "move", "die"] {
            let (a, b) = stage.pair("a", "b", in: end)
            b.stallSocket()
            for label in ["1", "2", "3"] { a.offerCandidate(label, padding: padding) }
            #expect(!a.readsSocket)
            switch end {
            case "leave": b.leave()
            case "move": b.join("elsewhere")
            default: b.die()
            }
            a.send(Client.pingMessage)
            #expect(a.readsSocket)
            #expect(
                a.takeReceived() == [end == "die" ? "peer_disconnected" : "peer_left", "pong"])
        }
    }

    @Test("is released when a seat that it waited for becomes its own")
    func movesWhileHeld() {
        let (a, b) = stage.pair()
        let (c, d) = stage.pair("c", "d", in: "s")
        b.stallSocket()
        a.join("s")
        for label in ["1", "2", "3"] { a.offerCandidate(label, padding: padding) }
        #expect(!a.readsSocket)
        c.die()
        #expect(a.readsSocket)
        #expect(a.takeReceived() == ["room_joined s 2", "room_ready s"])
        #expect(d.takeReceived() == ["ping", "peer_disconnected", "room_ready s initiator"])
        b.unstallSocket()
        #expect(b.takeReceived().last == "peer_left")
    }

    @Test("stays held when the room that it asked for is full")
    func staysHeld() {
        let (a, b) = stage.pair()
        let (c, d) = stage.pair("c", "d", in: "s")
        b.stallSocket()
        a.join("s")
        for label in ["1", "2", "3"] { a.offerCandidate(label, padding: padding) }
        c.send(.pong)
        d.send(.pong)
        #expect(a.takeReceived() == ["room_full s"])
        #expect(!a.readsSocket)
    }

    @Test("stays held when the seat that it asks for again is still taken")
    func staysHeldWhileItWaits() {
        let (a, b) = stage.pair()
        let c = stage.connect("c"), d = stage.connect("d"), stranger = stage.connect("e")
        c.join("s", device: "phone")
        d.join("s")
        stranger.join("s")
        c.send(.pong)
        d.send(.pong)
        a.join("s", device: "phone")
        stage.pass(.seconds(9))
        _ = (c.takeReceived(), d.takeReceived())
        b.stallSocket()
        for label in ["1", "2", "3"] { a.offerCandidate(label, padding: padding) }
        stage.pass(.seconds(1))
        #expect(c.takeReceived() == ["ping"])
        #expect(!a.readsSocket)
        c.send(.pong)
        stage.pass(.seconds(2))
        #expect(a.takeReceived() == ["room_joined s 2", "room_ready s"])
        #expect(a.readsSocket)
    }

    @Test("releases the sender of before when another takes its place")
    func displaced() {
        let (a, b) = heldPair()
        b.send(.pong)
        a.die()
        let c = stage.connect("c")
        c.join("r")
        c.offerCandidate("4", padding: padding)
        #expect(!c.readsSocket)
        b.unstallSocket()
        #expect(c.readsSocket)
    }

    @Test("is not pinged while it is held, and counts as alive until the hold ends")
    func notPinged() {
        let stage = Stage {
            $0.pingInterval = .seconds(1)
            $0.pingTimeout = .seconds(1)
            $0.writeTimeout = .seconds(60)
        }
        let (a, b) = stage.pair()
        b.stallSocket()
        for label in ["1", "2", "3"] { a.offerCandidate(label, padding: padding) }
        func pass(halfSeconds: Int) {
            for _ in 0..<halfSeconds {
                b.send(.pong)
                stage.pass(.milliseconds(500))
            }
        }
        pass(halfSeconds: 21)
        #expect(a.takeReceived() == [])
        pass(halfSeconds: 1)
        #expect(a.takeReceived() == ["ping"])
    }

    @Test("answers a probe for a client that is held")
    func probed() {
        let (a, b) = heldPair()
        let c = stage.connect("c")
        c.join("r")
        b.send(.pong)
        #expect(c.takeReceived() == ["room_full r"])
        #expect(a.takeReceived() == [])
    }

    @Test("gives the seat of a held client that has hung up to who asks for it")
    func hungUpWhileHeld() {
        let (a, b) = heldPair()
        a.finish()
        let c = stage.connect("c")
        c.join("r")
        b.send(.pong)
        #expect(c.takeReceived() == [])
        stage.pass(.seconds(2))
        #expect(a.isGone)
        #expect(c.takeReceived() == ["room_joined r 2", "room_ready r"])
    }

    @Test("ends when a held client has hung up and what it had sent is carried out")
    func finishesWhileHeld() {
        let (a, b) = heldPair()
        a.send(Client.candidate("4"))
        a.finish()
        #expect(!a.isGone)
        b.unstallSocket()
        #expect(a.isGone)
        #expect(b.takeReceived().suffix(2) == ["ice_candidate 4 from a in r", "peer_disconnected"])
    }

    @Test("reads on when what it had kept ends with a close frame, so that the client's end is seen")
    func closesWhileHeld() {
        let (a, b) = stage.pair()
        b.stallSocket()
        a.send(
            (1...4).map { Client.candidate("\($0)", padding: padding) } + [.close(1000), Client.pingMessage])
        #expect(a.kept.count == 2)
        b.unstallSocket()
        #expect(a.takeReceived() == ["close 1000"])
        #expect(a.readsSocket)
        a.finish()
        #expect(a.takeReceived() == ["gone"])
    }

    @Test("drops a held client whose last bytes are more than are kept")
    func keepsLittle() {
        let (a, b) = heldPair()
        a.send((0..<5).map { Client.candidate("\($0)", padding: padding) })
        a.finish()
        #expect(a.ends == [.flood])
        #expect(a.takeReceived() == ["gone"])
        b.unstallSocket()
        #expect(b.takeReceived().last == "peer_disconnected")
    }

    @Test("reads on when it is closed, so that the client's end is seen")
    func closedWhileHeld() {
        let (a, _) = heldPair()
        a.perform(a.rules.drain(at: stage.now + .seconds(1)))
        stage.pass(.seconds(1))
        #expect(a.takeReceived() == ["close 1001"])
        #expect(a.readsSocket)
        a.finish()
        #expect(a.takeReceived() == ["gone"])
    }
}
