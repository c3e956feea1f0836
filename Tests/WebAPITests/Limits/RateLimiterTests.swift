import Addresses
import Callers
import TestSupport
import Testing

@testable import WebAPI

@Suite("Calls a minute per address")
struct RateLimiterTests {
    let start = ContinuousClock.now
    let one = AddressKey.v4(1)
    let two = AddressKey.v4(2)

    @Test("A quiet address may spend a minute's calls at once, and is then told when the next is free")
    func burstThenRate() {
        var limiter = RateLimiter(perMinute: 300)
        for _ in 0..<300 { #expect(limiter.take(one, now: start) == nil) }
        #expect(limiter.take(one, now: start) == .milliseconds(200))
        #expect(limiter.take(one, now: start + .milliseconds(150)) == .milliseconds(50))
        #expect(limiter.take(one, now: start + .milliseconds(200)) == nil)
        #expect(limiter.take(one, now: start + .milliseconds(200)) == .milliseconds(200))
        #expect(limiter.take(two, now: start) == nil)
    }

    @Test("Over ten minutes no more than the burst and the rate get through")
    func longRun() {
        var limiter = RateLimiter(perMinute: 60)
        let passed = (0..<6_000).count { limiter.take(one, now: start + .milliseconds($0 * 100)) == nil }
        #expect(passed == 60 + 599)
    }

    @Test("A bucket that is full again is forgotten when others come")
    func forgets() {
        var limiter = RateLimiter(perMinute: 60)
        for index in 0..<100 { _ = limiter.take(.v4(UInt32(index)), now: start) }
        #expect(limiter.count == 100)
        for index in 0..<50 { _ = limiter.take(.v4(UInt32(1_000 + index)), now: start + .seconds(2)) }
        #expect(limiter.count == 50)
    }

    @Test("A full table forgets the fullest bucket, not the one that is used up")
    func bound() {
        var limiter = RateLimiter(perMinute: 60, maxAddresses: 10)
        for _ in 0..<60 { _ = limiter.take(one, now: start) }
        for index in 0..<1_000 { _ = limiter.take(.v4(UInt32(100 + index)), now: start) }
        #expect(limiter.count == 10)
        #expect(limiter.take(one, now: start) != nil)
    }

    @Test("Local callers are exempt")
    func local() {
        let limiter = SharedRateLimiter(perMinute: 1)
        let local = ClientOrigin(key: one, isLocal: true)
        let remote = ClientOrigin(key: one, isLocal: false)
        for _ in 0..<10 { #expect(limiter.take(local) == nil) }
        #expect(limiter.take(remote) == nil)
        #expect(limiter.take(remote) != nil)
    }
}
