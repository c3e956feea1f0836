import Logging
import Logs
import TestSupport
import Testing

@Suite("Lines that may come in floods")
struct LogThrottleTests {
    @Test("The first is written, then one an interval with the number of those left out")
    func onceAnInterval() {
        let log = RecordingLog()
        let throttle = LogThrottle(interval: .seconds(3_600), level: .info)
        let start = ContinuousClock.now
        for second in [0, 1, 2, 3_599, 3_600, 3_601, 7_199, 7_201, 7_202] {
            throttle.log(log.logger, "Health check", now: start + .seconds(second))
        }
        #expect(
            log.lines == [
                "info Health check suppressed=0", "info Health check suppressed=3",
                "info Health check suppressed=2",
            ])
    }

    @Test("By default they are errors, ten seconds apart")
    func errors() {
        let log = RecordingLog()
        let throttle = LogThrottle()
        let start = ContinuousClock.now
        for second in [0, 9, 10] {
            throttle.log(log.logger, "failed", ["error": "E"], now: start + .seconds(second))
        }
        #expect(log.lines == ["error failed error=E suppressed=0", "error failed error=E suppressed=1"])
    }
}
