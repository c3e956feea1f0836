import Testing

@testable import WebAPI

@Suite("Failed accepts of the whole server")
struct AcceptPaceTests {
    let start = ContinuousClock.now

    @Test("Sixty failures pass at once, then one a second")
    func slows() throws {
        var pace = AcceptPace(failuresPerMinute: 60, now: start)
        for _ in 0..<60 { #expect(pace.enter(isClean: true, now: start) == .proceed) }
        guard case .wait(let first) = pace.enter(isClean: true, now: start),
            case .wait(let second) = pace.enter(isClean: true, now: start)
        else {
            Issue.record("the guard did not slow down")
            return
        }
        #expect(pace.releaseDue(now: start + .milliseconds(900)).proceed == [])
        let next = try #require(pace.nextRelease(now: start))
        #expect(start.duration(to: next) == .milliseconds(1_001))
        #expect(pace.releaseDue(now: next).proceed == [first])
        #expect(pace.releaseDue(now: next).proceed == [])
        #expect(pace.releaseDue(now: start + .milliseconds(2_001)).proceed == [second])
        #expect(pace.nextRelease(now: start + .seconds(3)) == nil)
    }

    @Test("An attempt that was no guess gives its credit back and lets the next one go at once")
    func refunds() {
        var pace = AcceptPace(failuresPerMinute: 2, now: start)
        for _ in 0..<1_000 {
            #expect(pace.enter(isClean: true, now: start) == .proceed)
            pace.refund(now: start)
        }
        #expect(pace.enter(isClean: true, now: start) == .proceed)
        #expect(pace.enter(isClean: true, now: start) == .proceed)
        #expect(pace.enter(isClean: true, now: start) == .wait(1))
        pace.refund(now: start)
        #expect(pace.releaseDue(now: start).proceed == [1])
    }

    @Test("Addresses without failures go before those that have guessed, whoever came first")
    func prefersClean() {
        var pace = AcceptPace(failuresPerMinute: 1, now: start)
        _ = pace.enter(isClean: false, now: start)
        #expect(pace.enter(isClean: false, now: start) == .wait(1))
        #expect(pace.enter(isClean: true, now: start) == .wait(2))
        pace.refund(now: start)
        #expect(pace.releaseDue(now: start).proceed == [2])
    }

    @Test("Nobody waits longer than five seconds")
    func waitIsBounded() throws {
        var pace = AcceptPace(failuresPerMinute: 1, now: start)
        _ = pace.enter(isClean: true, now: start)
        _ = pace.enter(isClean: true, now: start)
        _ = pace.enter(isClean: false, now: start + .seconds(1))
        #expect(pace.nextRelease(now: start) == start + .seconds(5))
        #expect(pace.releaseDue(now: start + .seconds(5)).refuse == [1])
        #expect(pace.releaseDue(now: start + .seconds(6)).refuse == [2])
        #expect(pace.waiting == 0)
    }

    @Test("Both queues are bounded, and guessers cannot fill that of the others")
    func queuesAreBounded() {
        var pace = AcceptPace(failuresPerMinute: 1, now: start)
        _ = pace.enter(isClean: false, now: start)
        for _ in 0..<AcceptPace.maxOtherWaiting { _ = pace.enter(isClean: false, now: start) }
        #expect(pace.enter(isClean: false, now: start) == .refuse(pace.maxWait))
        for _ in 0..<AcceptPace.maxCleanWaiting {
            guard case .wait = pace.enter(isClean: true, now: start) else {
                Issue.record("a clean address was refused too early")
                return
            }
        }
        #expect(pace.enter(isClean: true, now: start) == .refuse(pace.maxWait))
        #expect(pace.waiting == AcceptPace.maxOtherWaiting + AcceptPace.maxCleanWaiting)
    }

    @Test("A distributed attacker gets a minute's failures at once and the rate after that, no more")
    func attack() {
        var pace = AcceptPace(failuresPerMinute: 60, now: start)
        var failures = 0
        for step in 0..<6_000 {
            let now = start + .milliseconds(step * 100)
            for _ in 0..<20 where pace.enter(isClean: true, now: now) == .proceed { failures += 1 }
            failures += pace.releaseDue(now: now).proceed.count
        }
        #expect(failures <= 60 + 600)
        #expect(failures >= 600)
    }
}
