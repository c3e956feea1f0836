/// A token bucket in one integer (the generic cell rate algorithm of ITU-T I.371): `burst` events at once,
/// then one per `interval`.
@usableFromInline
package struct RateLimit: BitwiseCopyable, Sendable {
    /// The rate's parameters, kept once for all that share it.
    @usableFromInline
    package struct Rule: Sendable {
        /// Nanoseconds between two events in the long run.
        @usableFromInline let interval: Int64
        /// How far ahead of the even pace a sender may be, in nanoseconds.
        @usableFromInline let tolerance: Int64

        /// - Parameters:
        ///   - perSecond: events a second, above 0.
        ///   - burst: events at once, at least 1.
        package init(perSecond: Double, burst: Int) {
            interval = max(1, Int64(1e9 / perSecond))
            tolerance = interval.multipliedReportingOverflow(by: Int64(max(1, burst) - 1)).partialValue
        }
    }

    /// When the next event would be due at an even pace.
    @usableFromInline var due: Int64

    /// A limit that nothing has been counted against.
    @inlinable
    package init() { due = .min }

    /// Whether an event has been counted against it.
    @inlinable
    package var isUsed: Bool { due != .min }

    /// Whether it is sooner back at an even pace, or has been for longer.
    @inlinable
    package func isQuieter(than other: RateLimit) -> Bool { due < other.due }

    /// True when one more event is allowed at `now`; it then counts.
    @inlinable
    package mutating func allows(_ rule: Rule, at now: MonotonicTime) -> Bool {
        allows(cost: rule.interval, tolerance: rule.tolerance, at: now)
    }

    /// True when an event that takes up `cost` nanoseconds is allowed at `now`; it then counts.
    ///
    /// - Parameter tolerance: how far ahead of the even pace a sender may be before the event, in nanoseconds; with less
    ///   than 0 none is allowed.
    @inlinable
    @inline(__always)
    package mutating func allows(cost: Int64, tolerance: Int64, at now: MonotonicTime) -> Bool {
        let start = max(due, now.nanoseconds)
        guard start &- now.nanoseconds <= tolerance else { return false }
        due = start &+ cost
        return true
    }
}
