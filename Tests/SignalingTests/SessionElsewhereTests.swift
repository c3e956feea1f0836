import Signaling
import Testing
import Timing

/// Joins whose seats are given by somebody who takes a moment to answer.
@Suite("A seat that is given elsewhere")
struct SessionElsewhereTests {
    private let bounds = SessionBounds(
        messages: .init(perSecond: 50, burst: 500), joins: .init(perSecond: 1, burst: 60),
        liveness: .init(pingInterval: .seconds(25), pingTimeout: .seconds(10)), writeTimeout: .seconds(5),
        maxHeldBytes: 4_000, asksStore: false)
    private let now = MonotonicTime(nanoseconds: 1_000_000_000)
    private let request = JoinRequest(room: "r", device: nil)

    private func session() -> SessionRules {
        var generator = SeededGenerator(seed: 3)
        return SessionRules(Participant(id: ClientID(using: &generator)), now: now)
    }

    @Test("Input waits from the question to the answer, whatever that is")
    func answers() {
        for result in [JoinResult.seated, .full, .waiting(retry: now + .seconds(2))] {
            var rules = session()
            #expect(rules.joinTakesTime(request, at: now) == .stopReading)
            var states = [rules.takesMessages, rules.readsSocket, rules.isOpen]
            #expect(states == [false, false, true])
            #expect(rules.joined(request, result, at: now) == .resume)
            states = [rules.takesMessages, rules.readsSocket, rules.isOpen]
            #expect(states == [true, true, true])
            let room = rules.participant.seat?.room
            #expect(room == (result == .seated ? "r" : nil))
        }
    }

    @Test("A client that is held for its peer stays held, and is released by a seat")
    func held() {
        var rules = session()
        _ = rules.joined(JoinRequest(room: "q", device: nil), .seated, at: now)
        #expect(rules.forwarded(.congested, at: now) == .stopReading)
        #expect(rules.joinTakesTime(request, at: now) == .nothing)
        #expect(rules.joined(request, .full, at: now) == .lookAtDeadline)
        let takesMessages = rules.takesMessages
        #expect(!takesMessages)
        #expect(rules.joined(request, .seated, at: now) == .resume)
    }

    @Test("An answer that does not come is not waited for without end")
    func late() {
        var rules = session()
        _ = rules.joinTakesTime(request, at: now)
        let end = now + SessionBounds.maxHold
        #expect(rules.deadline(bounds) == end)
        #expect(rules.due(at: end, bounds, bytesWaiting: { 0 }) == .refuseJoin(isStoreFailure: true))
        #expect(rules.joinWasRefused(at: end) == .resume)
    }

    @Test("A session that has ended asks nobody")
    func ended() {
        var rules = session()
        _ = rules.violated(.protocolError, at: now)
        #expect(rules.joinTakesTime(request, at: now) == .nothing)
        let isOpen = rules.isOpen
        #expect(!isOpen)
    }
}
