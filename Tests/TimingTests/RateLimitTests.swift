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
        var allowed: [Int64] = []
        for time: Int64 in [
            1_000, 1_000, 1_000, 1_000, 1_000, 1_099, 1_100, 1_100, 9_000, 9_000, 9_000, 9_000,
        ]
        where limit.allows(rule, at: at(time)) {
            allowed.append(time)
        }
        #expect(allowed == [1_000, 1_000, 1_000, 1_100, 9_000, 9_000, 9_000])
    }

    @Test("An event may cost more than another; the tolerance is what may be used up before it")
    func costs() {
        var limit = RateLimit()
        #expect(limit.allows(cost: 5_000_000, tolerance: 2_000_000, at: at(1)) == true)
        #expect(limit.allows(cost: 1, tolerance: 2_000_000, at: at(3)) == false)
        #expect(limit.allows(cost: 1_000_000, tolerance: 2_000_000, at: at(4)) == true)
        var untouched = RateLimit()
        #expect(untouched.allows(cost: 1, tolerance: -1, at: at(1)) == false)
        #expect(!untouched.isUsed)
    }

    @Test("One that has counted nothing is quieter than any that has")
    func quiet() {
        let rule = RateLimit.Rule(perSecond: 1, burst: 1)
        var (early, late) = (RateLimit(), RateLimit())
        #expect(!early.isUsed && !early.isQuieter(than: late))
        #expect(early.allows(rule, at: at(0)) == true)
        #expect(late.allows(rule, at: at(500)) == true)
        #expect(early.isUsed && RateLimit().isQuieter(than: early))
        #expect(early.isQuieter(than: late) && !late.isQuieter(than: early))
    }
}
