import Synchronization

/// A time that stands still until a test moves it.
final class HandMovedTime: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    /// What the code under test takes for the clock.
    var now: @Sendable () -> ContinuousClock.Instant {
        { self.instant.withLock { $0 } }
    }

    func pass(_ duration: Duration) {
        instant.withLock { $0 += duration }
    }
}
