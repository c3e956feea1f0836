public import Glibc
public import Timing

/// The clocks of loops: rules get their values as arguments.
@usableFromInline
package enum Clock {
    /// The monotonic clock.
    @inlinable
    @inline(__always)
    package static func now() -> MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(
            nanoseconds: Int64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000
                &+ Int64(truncatingIfNeeded: time.tv_nsec))
    }

    /// The wall clock, for credentials and nonces.
    package static func unixTime() -> UnixTime {
        UnixTime(seconds: UInt64(max(0, time(nil))))
    }
}
