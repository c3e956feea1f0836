/// A point on a clock that never goes back, in nanoseconds from a start that only the clock's owner knows. Rules are told
/// the time; they have no clock of their own.
@usableFromInline
package struct MonotonicTime: Comparable, Hashable, BitwiseCopyable, Sendable {
    /// Nanoseconds since the start of the clock.
    @usableFromInline package var nanoseconds: Int64

    /// The time so many nanoseconds after the start of the clock.
    @inlinable
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Later than every other time: what waits for it waits for ever.
    @inlinable
    package static var distantFuture: MonotonicTime { MonotonicTime(nanoseconds: .max) }

    @inlinable
    package static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }

    @inlinable
    package static func == (left: Self, right: Self) -> Bool { left.nanoseconds == right.nanoseconds }

    /// The time so many nanoseconds later, at most `distantFuture`.
    @inlinable
    package func advanced(byNanoseconds added: Int64) -> MonotonicTime {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(added)
        return overflow ? .distantFuture : MonotonicTime(nanoseconds: sum)
    }

    /// The time so many seconds later, at most `distantFuture`.
    @inlinable
    package func advanced(bySeconds seconds: UInt32) -> MonotonicTime {
        advanced(byNanoseconds: Int64(seconds) * 1_000_000_000)
    }

    /// The time so much later, at most `distantFuture`.
    @usableFromInline
    package static func + (time: Self, duration: Duration) -> Self {
        time.advanced(byNanoseconds: duration.wholeNanoseconds)
    }

    /// How much later `left` is than `right`; negative when it is earlier.
    @usableFromInline
    package static func - (left: Self, right: Self) -> Duration {
        .nanoseconds(left.nanoseconds - right.nanoseconds)
    }

    /// Whole seconds from `other` to this time, 0 if this time is not later.
    package func seconds(since other: MonotonicTime) -> UInt32 {
        guard nanoseconds > other.nanoseconds else { return 0 }
        let (elapsed, overflow) = nanoseconds.subtractingReportingOverflow(other.nanoseconds)
        return overflow ? .max : UInt32(clamping: elapsed / 1_000_000_000)
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
