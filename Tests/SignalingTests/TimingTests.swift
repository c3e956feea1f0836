import Signaling
import Testing
import Timing

private func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

@Suite("Liveness")
struct LivenessTests {
    private let rules = Liveness.Rules(pingInterval: .seconds(25), pingTimeout: .seconds(10))

    @Test("pings after silence and ends after a ping without an answer")
    func transcript() {
        var liveness = Liveness(now: at(0))
        #expect(liveness.deadline(rules) == at(25))
        #expect(liveness.check(rules, at: at(24.9)) == .wait)
        #expect(liveness.check(rules, at: at(25)) == .ping)
        #expect(liveness.deadline(rules) == at(35))
        #expect(liveness.check(rules, at: at(34.9)) == .wait)
        #expect(liveness.check(rules, at: at(35)) == .dead)
    }

    @Test("is renewed by any frame")
    func heard() {
        var liveness = Liveness(now: at(0))
        #expect(liveness.check(rules, at: at(25)) == .ping)
        let answers = [liveness.heard(at: at(30)), liveness.heard(at: at(30))]
        #expect(answers == [true, false])
        #expect(liveness.check(rules, at: at(40)) == .wait)
        #expect(liveness.deadline(rules) == at(55))
    }
}

@Suite("The message limit")
struct MessageLimitTests {
    private let rules = MessageLimit.Rules(perSecond: 10, burst: 5)

    @Test("lets a burst through, then the rate, and closes at three times that")
    func transcript() {
        var limit = MessageLimit()
        let verdicts = (0..<20).map { _ in limit.judge(rules, at: at(0)) }
        #expect(verdicts.prefix(5).allSatisfy { $0 == .accept })
        #expect(verdicts[5..<15].allSatisfy { $0 == .refuse })
        #expect(verdicts[15..<20].allSatisfy { $0 == .close })
    }

    @Test("refills at the rate")
    func refill() {
        var limit = MessageLimit()
        for _ in 0..<5 { #expect(limit.judge(rules, at: at(100)) == .accept) }
        #expect(limit.judge(rules, at: at(100)) == .refuse)
        #expect(limit.judge(rules, at: at(100.11)) == .accept)
        #expect(limit.judge(rules, at: at(100.12)) == .refuse)
        for _ in 0..<5 { #expect(limit.judge(rules, at: at(200)) == .accept) }
        #expect(limit.judge(rules, at: at(200)) == .refuse)
    }

    @Test("keeps an even stream at the rate going for ever")
    func steady() {
        var limit = MessageLimit()
        for tick in 0..<10_000 { #expect(limit.judge(rules, at: at(Double(tick) * 0.1001)) == .accept) }
    }
}
