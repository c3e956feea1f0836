import Synchronization

/// A time that stands still until a test moves it.
package final class HandMovedTime: Sendable {
    private let instant = Mutex(ContinuousClock.now)

    package init() {}

    /// What the code under test takes for the clock.
    package var now: @Sendable () -> ContinuousClock.Instant {
        { self.instant.withLock { $0 } }
    }

    package func pass(_ duration: Duration) {
        instant.withLock { $0 += duration }
    }
}
