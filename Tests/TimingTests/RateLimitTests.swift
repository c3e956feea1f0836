import Testing
import Timing

@Suite("A rate in one integer")
struct RateLimitTests {
    private func at(_ milliseconds: Int64) -> MonotonicTime {
        MonotonicTime(nanoseconds: milliseconds * 1_000_000)
    }

    @Test("A burst passes at once, then one event an interval, and a refused one costs nothing")
    func burstThenRate() {
        let rule = RateLimit.Rule(perSecond: 10, burst: 3)
        var limit = RateLimit()
        #expect((0..<5).map { _ in limit.allows(rule, at: at(1_000)) } == [true, true, true, false, false])
        #expect(!limit.allows(rule, at: at(1_099)))
        #expect(limit.allows(rule, at: at(1_100)))
        #expect(!limit.allows(rule, at: at(1_100)))
        #expect((0..<4).map { _ in limit.allows(rule, at: at(9_000)) } == [true, true, true, false])
    }

    @Test("An event may cost more than another; the tolerance is what may be used up before it")
    func costs() {
        var limit = RateLimit()
        #expect(limit.allows(cost: 5_000_000, tolerance: 2_000_000, at: at(1)))
        #expect(!limit.allows(cost: 1, tolerance: 2_000_000, at: at(3)))
        #expect(limit.allows(cost: 1_000_000, tolerance: 2_000_000, at: at(4)))
        #expect(!RateLimit().isAllowed(cost: 1, tolerance: -1, at: at(1)))
    }

    @Test("One that has counted nothing is quieter than any that has")
    func quiet() {
        let rule = RateLimit.Rule(perSecond: 1, burst: 1)
        var (early, late) = (RateLimit(), RateLimit())
        #expect(!early.isUsed && !early.isQuieter(than: late))
        #expect(early.allows(rule, at: at(0)) && late.allows(rule, at: at(500)))
        #expect(early.isUsed && RateLimit().isQuieter(than: early))
        #expect(early.isQuieter(than: late) && !late.isQuieter(than: early))
    }
}

extension RateLimit {
    fileprivate func isAllowed(cost: Int64, tolerance: Int64, at now: MonotonicTime) -> Bool {
        var copy = self
        return copy.allows(cost: cost, tolerance: tolerance, at: now)
    }
}
