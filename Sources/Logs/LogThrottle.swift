package import Logging
import Synchronization

/// Writes a line that may come in floods at most once an interval, with a number of those left out since.
package final class LogThrottle: Sendable {
    private struct State {
        var nextLine: ContinuousClock.Instant?
        var suppressed = 0
    }

    private let interval: Duration
    private let level: Logger.Level
    private let state = Mutex(State())

    /// - Parameters:
    ///   - interval: the least time between two lines.
    ///   - level: of the lines.
    package init(interval: Duration = .seconds(10), level: Logger.Level = .error) {
        self.interval = interval
        self.level = level
    }

    /// Writes the line, with `suppressed` beside its metadata, or counts it.
    package func log(
        _ logger: Logger, _ message: Logger.Message, _ metadata: Logger.Metadata = [:],
        now: ContinuousClock.Instant = .now
    ) {
        let suppressed: Int? = state.withLock { state in
            if let nextLine = state.nextLine, now < nextLine {
                state.suppressed += 1
                return nil
            }
            state.nextLine = now + interval
            defer { state.suppressed = 0 }
            return state.suppressed
        }
        guard let suppressed else { return }
        logger.log(
            level: level, message, metadata: metadata.merging(["suppressed": "\(suppressed)"]) { $1 })
    }
}
