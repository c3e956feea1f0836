import Addresses
import Callers
import TestSupport
import Testing

@testable import WebAPI

@Suite("The gate before accept")
struct AcceptGateTests {
    private func remote(_ number: UInt32) -> ClientOrigin { ClientOrigin(key: .v4(number), isLocal: false) }

    @Test("A locked address is refused without waiting")
    func locked() async throws {
        let time = HandMovedTime()
        let gate = AcceptGate(limits: AcceptLimits(failures: 2), now: time.now)
        for _ in 0..<2 { gate.end(try await gate.begin(remote(1)), wasGuess: true) }
        time.pass(.seconds(1))
        await #expect(throws: AcceptGate.Refusal.locked(.seconds(899))) { try await gate.begin(remote(1)) }
    }

    @Test("Local callers are never refused")
    func local() async throws {
        let gate = AcceptGate(
            limits: AcceptLimits(failures: 1, failuresPerMinuteOfAll: 1), now: HandMovedTime().now)
        let local = ClientOrigin(key: .v4(1), isLocal: true)
        for _ in 0..<100 { #expect(gate.end(try await gate.begin(local), wasGuess: true) == nil) }
    }

    @Test("When the credits are used up an accept waits for the next one")
    func waits() async throws {
        let time = HandMovedTime()
        // 600 a minute: ten credits a second beyond the first 600.
        let gate = AcceptGate(limits: AcceptLimits(failuresPerMinuteOfAll: 600), now: time.now)
        for number in 0..<600 { gate.end(try await gate.begin(remote(UInt32(number))), wasGuess: true) }
        let next = Task { try await gate.begin(remote(600)) }
        while gate.waiting == 0 { await Task.yield() }
        time.pass(.milliseconds(101))
        gate.end(try await next.value, wasGuess: true)
        #expect(gate.waiting == 0)
    }

    @Test("A right accept lets one go that waits behind it")
    func hands() async throws {
        let gate = AcceptGate(limits: AcceptLimits(failuresPerMinuteOfAll: 1), now: HandMovedTime().now)
        let first = try await gate.begin(remote(1))
        let second = Task { try await gate.begin(remote(2)) }
        while gate.waiting == 0 { await Task.yield() }
        gate.end(first, wasGuess: false)
        gate.end(try await second.value, wasGuess: false)
        #expect(gate.waiting == 0)
    }

    @Test("An attempt that waited in vain frees what it reserved for its address")
    func refusedAfterWaiting() async throws {
        let time = HandMovedTime()
        let gate = AcceptGate(
            limits: AcceptLimits(failures: 1, failuresPerMinuteOfAll: 1), maxWait: .milliseconds(20),
            now: time.now)
        gate.end(try await gate.begin(remote(1)), wasGuess: true)
        // Were the reservation still held the second time, the only failure left would be in use: busy.
        for _ in 0..<2 {
            let attempt = Task { try await gate.begin(remote(2)) }
            while gate.waiting == 0 { await Task.yield() }
            time.pass(.milliseconds(20))
            await #expect(throws: AcceptGate.Refusal.paced(.milliseconds(20))) { try await attempt.value }
        }
    }
}
