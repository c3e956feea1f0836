import Signaling
import Testing
import Timing

@Suite("A session in time")
struct SessionTimeTests {
    private let stage = Stage()

    @Test("pings after 25 silent seconds and drops the connection after ten more")
    func silent() {
        let (a, b) = stage.pair()
        for _ in 0..<3 {
            stage.pass(.seconds(10))
            b.send(.pong)
        }
        #expect(a.takeReceived() == ["ping"])
        stage.pass(.milliseconds(4_999))
        #expect(!a.isGone)
        stage.pass(.milliseconds(1))
        #expect(a.takeReceived() == ["gone"])
        #expect(a.ends == [.silent])
        #expect(b.takeReceived() == ["peer_disconnected"])
    }

    @Test("takes any frame for a sign of life")
    func alive() {
        let a = stage.connect("a")
        stage.pass(.seconds(34))
        #expect(a.takeReceived() == ["ping"])
        a.send(.pong)
        stage.pass(.seconds(24))
        #expect(a.takeReceived() == [])
        stage.pass(.seconds(1))
        #expect(a.takeReceived() == ["ping"])
        stage.pass(.seconds(10))
        #expect(a.isGone)
    }

    @Test("pings in time also when the answer to a ping makes the next one due earlier")
    func shortInterval() {
        let stage = Stage {
            $0.pingInterval = .seconds(1)
            $0.pingTimeout = .seconds(30)
        }
        let a = stage.connect("a")
        stage.pass(.seconds(1))
        a.send(.pong)
        stage.pass(.seconds(1))
        #expect(a.takeReceived() == ["ping", "ping"])
    }

    @Test("closes with 1001 at its time when the server drains, and not later than two seconds after that")
    func drains() {
        let (a, b) = stage.pair()
        a.perform(a.rules.drain(at: stage.now + .seconds(3)))
        stage.pass(.milliseconds(2_999))
        #expect(a.takeReceived() == [])
        stage.pass(.milliseconds(1))
        #expect(a.takeReceived() == ["close 1001"])
        #expect(a.ends == [.draining])
        #expect(b.takeReceived() == ["peer_disconnected"])
        stage.pass(.seconds(2))
        #expect(a.takeReceived() == ["gone"])
    }

    @Test("has nothing to do after its end, whatever comes")
    func afterTheEnd() {
        let a = stage.connect("a")
        a.die()
        #expect(a.rules.deadline(stage.bounds) == .distantFuture)
        #expect(a.rules.due(at: stage.now, stage.bounds) { 0 } == .nothing)
        #expect(a.rules.heard(at: stage.now) == .nothing)
        #expect(a.rules.leftOver(1, stage.bounds) == .discard)
        #expect(a.rules.caughtUp() == .nothing)
        #expect(a.rules.joinWasRefused(at: stage.now) == .nothing)
        #expect(a.rules.disconnected() == .nothing)
        for signal in SessionSignal.allCases {
            #expect(
                a.rules.act(on: signal, at: stage.now, hasLostSeat: { true }, isWaiting: { false })
                    == .nothing)
        }
    }

    @Test("says with which code it ends, if the server chooses one")
    func closeCodes() {
        let codes = SessionEnd.allCases.map { "\($0) \($0.closeCode ?? 0)" }
        #expect(
            codes == [
                "client 0", "protocolError 1002", "tooBig 1009", "invalidPayload 1007", "flood 1008",
                "silent 0", "evicted 0", "slow 1013", "memory 1013", "draining 1001",
            ])
    }

    @Test("lets its participant live on when the connection is lost, with its seat and its name")
    func handOver() {
        let id = stage.connect("a").id
        var rules = SessionRules(Participant(id: id), now: stage.now)
        _ = rules.received(.joinRoom(id: "r", device: nil), at: stage.now, stage.bounds)
        _ = rules.joined(JoinRequest(room: "r", device: nil), .seated, at: stage.now)
        let participant = rules.handOver()
        let room = participant.seat?.room
        #expect(room == "r")
        var next = SessionRules(participant, now: stage.now)
        let greeting = next.greeting
        #expect(greeting == .connected(id))
        let action = next.received(.candidate(0..<0), at: stage.now, stage.bounds)
        #expect(action == .forward)
    }
}
