import Testing

@testable import WebServer

@Suite("The gate before accept")
struct AcceptGateTests {
    private func remote(_ number: UInt32) -> ClientOrigin { ClientOrigin(key: .v4(number), isLocal: false) }

    @Test("A locked address is refused without waiting")
    func locked() async throws {
        let gate = AcceptGate(limits: AcceptLimits(failures: 2))
        for _ in 0..<2 { gate.end(try await gate.begin(remote(1)), wasGuess: true) }
        let refusal = await #expect(throws: AcceptGate.Refusal.self) { try await gate.begin(remote(1)) }
        guard case .locked(let duration) = refusal else {
            Issue.record("expected a lockout")
            return
        }
        // How it shrinks is shown by the guard's own tests, whose time is theirs.
        #expect(duration > .zero && duration <= .seconds(900))
    }

    @Test("Local callers are never refused")
    func local() async throws {
        let gate = AcceptGate(limits: AcceptLimits(failures: 1, failuresPerMinuteOfAll: 1))
        let local = ClientOrigin(key: .v4(1), isLocal: true)
        for _ in 0..<100 { #expect(gate.end(try await gate.begin(local), wasGuess: true) == nil) }
    }

    @Test("When the credits are used up an accept waits for the next one")
    func waits() async throws {
        // 600 a minute: ten credits a second beyond the first 600.
        let began = ContinuousClock.now
        let gate = AcceptGate(limits: AcceptLimits(failuresPerMinuteOfAll: 600))
        for number in 0..<602 { gate.end(try await gate.begin(remote(UInt32(number))), wasGuess: true) }
        #expect(began.duration(to: .now) > .milliseconds(199))
        #expect(gate.waiting == 0)
    }

    @Test("A right accept lets one go that waits behind it")
    func hands() async throws {
        let gate = AcceptGate(limits: AcceptLimits(failuresPerMinuteOfAll: 1))
        let first = try await gate.begin(remote(1))
        let second = Task { try await gate.begin(remote(2)) }
        while gate.waiting == 0 { await Task.yield() }
        gate.end(first, wasGuess: false)
        gate.end(try await second.value, wasGuess: false)
        #expect(gate.waiting == 0)
    }

    @Test("An attempt that waited in vain frees what it reserved for its address")
    func refusedAfterWaiting() async throws {
        let gate = AcceptGate(
            limits: AcceptLimits(failures: 1, failuresPerMinuteOfAll: 1), maxWait: .milliseconds(20))
        gate.end(try await gate.begin(remote(1)), wasGuess: true)
        let refusal = await #expect(throws: AcceptGate.Refusal.self) { try await gate.begin(remote(2)) }
        #expect(refusal == .paced(.milliseconds(20)))
        // Were the reservation still held, the only failure left would be in use: busy.
        let again = await #expect(throws: AcceptGate.Refusal.self) { try await gate.begin(remote(2)) }
        #expect(again == .paced(.milliseconds(20)))
    }
}
