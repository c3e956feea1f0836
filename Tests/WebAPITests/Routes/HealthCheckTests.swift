import Synchronization
import TestSupport
import Testing

@testable import WebAPI

@Suite("A check of a part of the server")
struct HealthCheckTests {
    /// Longer than any machine takes for an answer that is there.
    private static let timeout = Duration.seconds(60)

    @Test("Good news is believed for as long as told")
    func healthy() async {
        let (time, asked) = (HandMovedTime(), Counter())
        let check = HealthCheck(timeout: Self.timeout, freshFor: .seconds(30), now: time.now) {
            asked.count()
            return true
        }
        for _ in 0..<3 { #expect(await check.isHealthy()) }
        time.pass(.milliseconds(29_999))
        #expect(await check.isHealthy())
        #expect(asked.value == 1)
        time.pass(.milliseconds(1))
        #expect(await check.isHealthy())
        #expect(asked.value == 2)
    }

    @Test("Bad news is believed for a second")
    func unhealthy() async {
        let (time, asked) = (HandMovedTime(), Counter())
        let check = HealthCheck(timeout: Self.timeout, freshFor: .seconds(30), now: time.now) {
            asked.count()
            return asked.value > 1
        }
        for _ in 0..<3 { #expect(await !check.isHealthy()) }
        time.pass(.milliseconds(999))
        #expect(await !check.isHealthy())
        #expect(asked.value == 1)
        time.pass(.milliseconds(1))
        #expect(await check.isHealthy())
        #expect(asked.value == 2)
    }

    private final class Counter: Sendable {
        private let counted = Atomic<Int>(0)
        var value: Int { counted.load(ordering: .relaxed) }
        func count() { counted.add(1, ordering: .relaxed) }
    }
}
