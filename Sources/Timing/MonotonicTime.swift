/// A point on a clock that never goes back, in nanoseconds from an arbitrary start. The rules are told
/// the time; they have no clock of their own.
@usableFromInline
package struct MonotonicTime: Comparable, Hashable, Sendable {
    /// Nanoseconds since the start of the clock.
    @usableFromInline package let nanoseconds: Int64

    /// The time so many nanoseconds after the start of the clock.
    @inlinable
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Later than every other time: what waits for it waits for ever.
    package static let distantFuture = MonotonicTime(nanoseconds: .max)

    @inlinable
    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    /// The time so much later, at most `distantFuture`.
    package static func + (time: Self, duration: Duration) -> Self {
        let (sum, overflow) = time.nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        return overflow ? .distantFuture : Self(nanoseconds: sum)
    }

    /// How much later `left` is than `right`; negative when it is earlier.
    package static func - (left: Self, right: Self) -> Duration {
        .nanoseconds(left.nanoseconds - right.nanoseconds)
    }
}

extension Duration {
    /// The duration in nanoseconds, at most `Int64.max`.
    package var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : product &+ attoseconds / 1_000_000_000
    }
}
