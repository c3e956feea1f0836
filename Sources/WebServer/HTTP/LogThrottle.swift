import Logging
import Synchronization

/// Writes an error that may come in floods at most once an interval, with the number left out since.
final class LogThrottle: Sendable {
    private struct State {
        var nextLine: ContinuousClock.Instant?
        var suppressed = 0
    }

    private let interval: Duration
    private let state = Mutex(State())

    /// - Parameter interval: the least time between two lines.
    init(interval: Duration = .seconds(10)) {
        self.interval = interval
    }

    func log(
        _ logger: Logger, _ message: Logger.Message, _ metadata: Logger.Metadata,
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
        logger.error(message, metadata: metadata.merging(["suppressed": "\(suppressed)"]) { $1 })
    }
}
