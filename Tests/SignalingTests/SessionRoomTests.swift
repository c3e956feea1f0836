import Signaling
import Testing

@Suite("A session and its rooms")
struct SessionRoomTests {
    @Test("answers a join in the room where it sits with its present state, and tells the peer nothing")
    func joinsAgain() {
        let stage = Stage { $0.iceServers = ICEServers(json: Array("[]".utf8), expires: nil) }
        let (a, b) = stage.pair()
        a.join("r")
        b.join("r")
        #expect(a.takeReceived() == ["room_joined r 2 initiator ice"])
        #expect(b.takeReceived() == ["room_joined r 2 ice"])
    }

    @Test("moves in one step, and the one who is left is the initiator of the next")
    func moves() {
        let stage = Stage()
        let (a, b) = stage.pair()
        a.join("s")
        #expect(a.takeReceived() == ["room_joined s 1 initiator"])
        #expect(b.takeReceived() == ["peer_left"])
        a.offerCandidate("1")
        b.offerCandidate("2")
        #expect(a.takeReceived() == ["error peer_absent"])
        #expect(b.takeReceived() == ["error peer_absent"])
        a.join("r")
        #expect(a.takeReceived() == ["room_joined r 2", "room_ready r"])
        #expect(b.takeReceived() == ["room_ready r initiator"])
    }

    @Test("leaves, and can come back at once")
    func leaves() {
        let stage = Stage()
        let (a, b) = stage.pair()
        b.offerCandidate("1")
        a.leave()
        a.leave()
        #expect(a.takeReceived() == ["ice_candidate 1 from b in r", "left_room r", "left_room -"])
        #expect(b.takeReceived() == ["peer_left"])
        a.join("r")
        #expect(a.takeReceived() == ["room_joined r 2", "room_ready r"])
    }

    @Test("tells the third that the room is full once both members have answered the probe")
    func full() {
        let stage = Stage()
        let (a, b) = stage.pair()
        let c = stage.connect("c")
        c.join("r")
        #expect(a.takeReceived() == ["ping"])
        #expect(b.takeReceived() == ["ping"])
        a.send(.pong)
        #expect(c.takeReceived() == [])
        b.send(Client.pingMessage)
        #expect(c.takeReceived() == ["room_full r"])
        c.join("r")
        #expect(c.takeReceived() == ["room_full r"])
        stage.pass(.seconds(10))
        c.join("r")
        #expect(a.takeReceived() == ["ping"])
    }

    @Test("evicts a silent member: its connection is dropped, the other learns of the newcomer")
    func evicts() {
        let stage = Stage()
        let (a, b) = stage.pair()
        let c = stage.connect("c")
        c.join("r")
        b.send(.pong)
        _ = (a.takeReceived(), b.takeReceived())
        stage.pass(.seconds(2))
        #expect(a.takeReceived() == ["gone"])
        #expect(a.ends == [.evicted])
        #expect(b.takeReceived() == ["peer_disconnected", "room_ready r initiator"])
        #expect(c.takeReceived() == ["room_joined r 2", "room_ready r"])
    }

    @Test("gives who is evicted nothing more of what waits for it")
    func evictedGetsNothing() {
        let stage = Stage()
        let a = stage.connect("a", loop: 1), b = stage.connect("b"), c = stage.connect("c")
        a.join("r")
        b.join("r")
        stage.wakeSleeping()
        c.join("r")
        b.send(.pong)
        stage.wakeSleeping()
        _ = a.takeReceived()
        b.offerCandidate("1")
        stage.pass(.seconds(2))
        stage.wakeSleeping()
        #expect(a.takeReceived() == ["gone"])
        #expect(c.takeReceived() == ["room_joined r 2", "room_ready r"])
    }

    @Test("forgives an eviction that it learns of after it has found another seat")
    func lateEviction() {
        let stage = Stage()
        let a = stage.connect("a", loop: 1), b = stage.connect("b"), c = stage.connect("c")
        a.join("r")
        b.join("r")
        stage.wakeSleeping()
        c.join("r")
        b.send(.pong)
        stage.pass(.seconds(2))
        _ = a.takeReceived()
        a.join("s")
        stage.wakeSleeping()
        // The probe's signal is as late, and does no harm.
        #expect(a.takeReceived() == ["room_joined s 1 initiator", "ping"])
        #expect(!a.isGone)
        a.send(Client.pingMessage)
        #expect(a.takeReceived() == ["pong"])
    }

    @Test("gives a seat that becomes free to who waits, and moves it out of its room then")
    func waits() {
        let stage = Stage()
        let (a, b) = stage.pair()
        let (c, d) = stage.pair("c", "d", in: "s")
        c.join("r")
        c.offerCandidate("1")
        #expect(d.takeReceived() == ["ice_candidate 1 from c in s"])
        a.die()
        #expect(c.takeReceived() == ["room_joined r 2", "room_ready r"])
        #expect(d.takeReceived() == ["peer_left"])
        #expect(b.takeReceived() == ["ping", "peer_disconnected", "room_ready r initiator"])
    }

    @Test("keeps the old seat when the new room stays full")
    func staysWhereItWas() {
        let stage = Stage()
        let (a, b) = stage.pair()
        let (c, d) = stage.pair("c", "d", in: "s")
        c.join("r")
        a.send(.pong)
        b.send(.pong)
        c.offerCandidate("1")
        #expect(c.takeReceived() == ["room_full r"])
        #expect(d.takeReceived() == ["ice_candidate 1 from c in s"])
    }

    @Test("puts a later join or leave in the place of one that waits, which is not answered")
    func replacesJoin() {
        let stage = Stage()
        let (a, b) = stage.pair()
        let c = stage.connect("c")
        c.join("r")
        c.join("s")
        #expect(c.takeReceived() == ["room_joined s 1 initiator"])
        a.send(.pong)
        b.send(.pong)
        #expect(c.takeReceived() == [])
        stage.pass(.seconds(10))
        c.join("r")
        c.leave()
        #expect(c.takeReceived() == ["left_room s"])
        a.send(.pong)
        b.send(.pong)
        stage.pass(.seconds(2))
        #expect(c.takeReceived() == [])
    }

    @Test("does not take news of a room that was awaited before for news of the one awaited now")
    func staleRefusal() {
        let stage = Stage()
        let (a, b) = stage.pair()
        let (_, _) = stage.pair("d", "e", in: "s")
        let c = stage.connect("c", loop: 1)
        c.join("r")
        stage.wakeSleeping()
        a.send(.pong)
        b.send(.pong)
        // The refusal of `r` lies in the outbox, and the next join comes before it is seen.
        c.join("s")
        stage.wakeSleeping()
        #expect(c.takeReceived() == [])
        stage.pass(.seconds(2))
        #expect(c.takeReceived() == ["room_joined s 1 initiator"])
    }

    @Test("lets a device that comes back wait for the next probe")
    func device() {
        let stage = Stage()
        let a = stage.connect("a"), b = stage.connect("b"), c = stage.connect("c")
        a.join("r", device: "phone")
        b.join("r", device: "tablet")
        c.join("r")
        a.send(.pong)
        b.send(.pong)
        _ = (a.takeReceived(), b.takeReceived())
        let back = stage.connect("back")
        back.join("r", device: "phone")
        #expect(back.takeReceived() == [])
        stage.pass(.seconds(10))
        #expect(a.takeReceived() == ["ping"])
        b.send(.pong)
        stage.pass(.seconds(2))
        #expect(back.takeReceived() == ["room_joined r 2", "room_ready r"])
        #expect(a.isGone)
    }

    @Test("owes the room it moved to no answer to a probe of the room it left")
    func probedElsewhere() {
        let stage = Stage()
        let (a, b) = stage.pair()
        let c = stage.connect("c")
        c.join("r")
        // A join is a sign of life as well: it answers the probe before it moves.
        a.join("s")
        #expect(c.takeReceived() == ["room_joined r 2", "room_ready r"])
        #expect(b.takeReceived() == ["ping", "peer_left", "room_ready r initiator"])
    }
}

@Suite("A session whose joins the store is asked about")
struct SessionAuthorizationTests {
    private let stage = Stage { $0.asksStore = true }

    @Test("holds the client until the store has answered, and then carries on")
    func paired() {
        let a = stage.connect("a")
        a.join("r")
        a.send(Client.pingMessage)
        #expect(a.takeReceived() == [])
        #expect(!a.readsSocket)
        stage.storeAnswers(true)
        #expect(a.takeReceived() == ["room_joined r 1 initiator", "pong"])
        #expect(a.readsSocket)
        a.join("r")
        #expect(a.takeReceived() == ["room_joined r 1 initiator"])
        #expect(stage.questions.isEmpty)
    }

    @Test("keeps what came in the same read behind the join for the room that it names")
    func kept() {
        let (a, b) = (stage.connect("a"), stage.connect("b"))
        a.join("r")
        stage.storeAnswers(true)
        b.send(.json(#"{"type":"join_room","roomId":"r"}"#), Client.candidate("1"), Client.pingMessage)
        #expect(a.takeReceived() == ["room_joined r 1 initiator"])
        stage.storeAnswers(true)
        #expect(a.takeReceived() == ["room_ready r initiator", "ice_candidate 1 from b in r"])
        #expect(b.takeReceived() == ["room_joined r 2", "room_ready r", "pong"])
    }

    @Test("refuses what the store does not know or cannot say", arguments: [false, nil])
    func refused(answer: Bool?) {
        let a = stage.connect("a")
        a.send(.json(#"{"type":"join_room","roomId":"r"}"#), Client.pingMessage)
        stage.storeAnswers(answer)
        #expect(a.takeReceived() == ["error invalid_room_id", "pong"])
        #expect(a.storeFailures == (answer == nil ? 1 : 0))
    }

    @Test("waits ten seconds for the store, and does not take a late answer for another question's")
    func late() {
        let a = stage.connect("a")
        a.join("r")
        stage.pass(.seconds(10))
        #expect(a.takeReceived() == ["error invalid_room_id"])
        #expect(a.storeFailures == 1)
        stage.storeAnswers(true)
        #expect(a.takeReceived() == [])
        a.join("r")
        a.join("s")
        stage.storeAnswers(false)
        #expect(a.takeReceived() == ["error invalid_room_id"])
        #expect(stage.questions.map(\.room) == ["s"])
        a.die()
        stage.storeAnswers(true)
        #expect(stage.rooms.count == 0)
    }

    @Test("ends after the store's answer when the client hung up while it was asked")
    func hungUp() {
        let a = stage.connect("a")
        a.join("r")
        a.finish()
        #expect(!a.isGone)
        stage.storeAnswers(true)
        #expect(a.takeReceived() == ["gone"])
        #expect(stage.rooms.count == 0)
    }

    @Test("answers a probe for a client that it holds itself")
    func probedWhileAsking() {
        let (a, b, c) = (stage.connect("a"), stage.connect("b"), stage.connect("c"))
        for client in [a, b] {
            client.join("r")
            stage.storeAnswers(true)
        }
        _ = (a.takeReceived(), b.takeReceived())
        c.join("r")
        a.join("s")
        stage.storeAnswers(true)
        b.send(.pong)
        #expect(a.takeReceived() == [])
        #expect(b.takeReceived() == ["ping"])
        #expect(c.takeReceived() == ["room_full r"])
    }
}
