/// A point on a monotonic clock, in nanoseconds from a start that only the clock's owner knows.
@usableFromInline
package struct Instant: Comparable, Hashable, BitwiseCopyable, Sendable {
    @usableFromInline package var nanoseconds: UInt64

    @inlinable
    package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    /// Later than every deadline: what has no deadline ends here.
    package static var distantFuture: Instant { Instant(nanoseconds: .max) }

    @inlinable
    package static func < (a: Instant, b: Instant) -> Bool { a.nanoseconds < b.nanoseconds }

    /// The point a whole number of seconds later, or the end of time.
    package func advanced(bySeconds seconds: UInt32) -> Instant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(UInt64(seconds) * 1_000_000_000)
        return overflow ? .distantFuture : Instant(nanoseconds: sum)
    }

    /// Whole seconds from `other` to this point, 0 if this point is not later.
    package func seconds(since other: Instant) -> UInt32 {
        nanoseconds <= other.nanoseconds
            ? 0
            : UInt32(truncatingIfNeeded: min((nanoseconds - other.nanoseconds) / 1_000_000_000, 0xFFFF_FFFF))
    }
}
