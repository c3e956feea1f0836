import Addresses
import TestSupport
import Testing

@testable import WebAPI

@Suite("Failed accepts of one address")
struct AcceptGuardTests {
    let start = ContinuousClock.now
    let one = AddressKey.v4(1)
    let two = AddressKey.v6(prefix: 2)

    private func fail(_ acceptGuard: inout AcceptGuard, _ key: AddressKey, at now: ContinuousClock.Instant)
        -> Duration?
    {
        guard case .allowed = acceptGuard.begin(key, now: now) else {
            Issue.record("the attempt was not let through")
            return nil
        }
        return acceptGuard.end(key, wasGuess: true, now: now)
    }

    /// Ten failures from `now` on; returns the lockout that the tenth caused.
    private func failTenTimes(_ acceptGuard: inout AcceptGuard, at now: ContinuousClock.Instant) -> Duration?
    {
        for _ in 0..<9 { #expect(fail(&acceptGuard, one, at: now) == nil) }
        return fail(&acceptGuard, one, at: now)
    }

    @Test("Ten failures within ten minutes lock the address for fifteen minutes, and no other")
    func locks() {
        var acceptGuard = AcceptGuard(limits: AcceptLimits())
        for second in 0..<9 { #expect(fail(&acceptGuard, one, at: start + .seconds(second)) == nil) }
        #expect(fail(&acceptGuard, one, at: start + .seconds(9)) == .seconds(900))
        #expect(acceptGuard.begin(one, now: start + .seconds(10)) == .locked(.seconds(899)))
        #expect(acceptGuard.begin(one, now: start + .seconds(908)) == .locked(.seconds(1)))
        #expect(acceptGuard.begin(two, now: start + .seconds(10)) == .allowed(isClean: true))
        #expect(acceptGuard.begin(one, now: start + .seconds(909)) == .allowed(isClean: false))
    }

    @Test("A failure counts for ten minutes: nine in any ten never lock")
    func window() {
        var acceptGuard = AcceptGuard(limits: AcceptLimits())
        for failure in 0..<200 {
            #expect(fail(&acceptGuard, one, at: start + .seconds(failure * 67)) == nil, "failure \(failure)")
        }
    }

    @Test("Each further lockout lasts twice as long, up to a day")
    func doubles() {
        var acceptGuard = AcceptGuard(limits: AcceptLimits())
        var now = start
        for expected in [900, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600, 86_400, 86_400] {
            #expect(failTenTimes(&acceptGuard, at: now) == .seconds(expected))
            now += .seconds(expected)
        }
    }

    @Test("Lockouts are forgotten after a day without one")
    func decays() {
        var acceptGuard = AcceptGuard(limits: AcceptLimits())
        _ = failTenTimes(&acceptGuard, at: start)
        let lastMoment = start + .seconds(900 + 86_400)
        #expect(acceptGuard.begin(one, now: lastMoment - .seconds(1)) == .allowed(isClean: false))
        acceptGuard.end(one, wasGuess: false, now: lastMoment - .seconds(1))
        #expect(acceptGuard.begin(one, now: lastMoment) == .allowed(isClean: true))
        acceptGuard.end(one, wasGuess: false, now: lastMoment)
        #expect(failTenTimes(&acceptGuard, at: lastMoment) == .seconds(900))
    }

    @Test("A success never locks and never washes failures away")
    func successes() {
        var acceptGuard = AcceptGuard(limits: AcceptLimits())
        for _ in 0..<9 { _ = fail(&acceptGuard, one, at: start) }
        for _ in 0..<100 {
            #expect(acceptGuard.begin(one, now: start) == .allowed(isClean: false))
            #expect(acceptGuard.end(one, wasGuess: false, now: start) == nil)
        }
        #expect(fail(&acceptGuard, one, at: start) == .seconds(900))
    }

    @Test("Attempts in flight count like failures, so that a burst cannot pass the limit")
    func reservations() {
        var acceptGuard = AcceptGuard(limits: AcceptLimits())
        for _ in 0..<3 { _ = fail(&acceptGuard, one, at: start) }
        for _ in 0..<7 { #expect(acceptGuard.begin(one, now: start) == .allowed(isClean: false)) }
        #expect(acceptGuard.begin(one, now: start) == .busy)
        acceptGuard.end(one, wasGuess: false, now: start)
        #expect(acceptGuard.begin(one, now: start) == .allowed(isClean: false))
        for _ in 0..<6 { #expect(acceptGuard.end(one, wasGuess: true, now: start) == nil) }
        #expect(acceptGuard.end(one, wasGuess: true, now: start) == .seconds(900))
        #expect(acceptGuard.counts.inFlight == 0)
    }

    @Test("Many addresses that fail once do not push a lockout out")
    func boundOfFailures() {
        var acceptGuard = AcceptGuard(limits: AcceptLimits(), maxCountedAddresses: 100, maxLockouts: 100)
        _ = failTenTimes(&acceptGuard, at: start)
        for index in 0..<10_000 {
            _ = fail(&acceptGuard, .v6(prefix: UInt64(1_000 + index)), at: start + .seconds(1))
        }
        #expect(acceptGuard.counts.counted == 100)
        #expect(acceptGuard.begin(one, now: start + .seconds(2)) == .locked(.seconds(898)))
    }

    @Test("The table of lockouts has a bound; what ends first makes room")
    func boundOfLockouts() {
        var acceptGuard = AcceptGuard(limits: AcceptLimits(failures: 1), maxLockouts: 10)
        for index in 0..<50 { _ = fail(&acceptGuard, .v4(UInt32(index)), at: start + .seconds(index)) }
        #expect(acceptGuard.counts.lockouts == 10)
        let now = start + .seconds(50)
        #expect(acceptGuard.begin(.v4(0), now: now) == .allowed(isClean: true))
        #expect(acceptGuard.begin(.v4(49), now: now) == .locked(.seconds(899)))
    }

    @Test("Expired failures and lockouts leave the tables")
    func forgets() {
        var acceptGuard = AcceptGuard(limits: AcceptLimits(failures: 2))
        for index in 0..<100 { for _ in 0..<2 { _ = fail(&acceptGuard, .v4(UInt32(index)), at: start) } }
        let later = start + .seconds(200_000)
        for index in 0..<50 {
            for _ in 0..<2 { _ = fail(&acceptGuard, .v4(UInt32(1_000 + index)), at: later) }
        }
        #expect(acceptGuard.counts == (50, 50, 0))
    }
}
