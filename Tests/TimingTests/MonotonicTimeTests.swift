import Testing
import Timing

private func at(_ seconds: Double) -> MonotonicTime { MonotonicTime(nanoseconds: Int64(seconds * 1e9)) }

@Suite("Monotonic time")
struct MonotonicTimeTests {
    @Test("saturates instead of overflowing")
    func saturation() {
        #expect(at(1) + .seconds(Int64.max) == .distantFuture)
        #expect(at(3) - at(1) == .seconds(2))
        #expect(Duration.milliseconds(1_500).wholeNanoseconds == 1_500_000_000)
    }
}
