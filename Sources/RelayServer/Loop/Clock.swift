import CDatagrams
import Glibc
import TURN
import Timing

/// The clocks of the relay: TURN's rules get their values as arguments.
enum Clock {
    /// The monotonic clock.
    @inline(__always)
    static func now() -> MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(
            nanoseconds: Int64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000
                &+ Int64(truncatingIfNeeded: time.tv_nsec))
    }

    /// The wall clock, for credentials and nonces.
    static func unixTime() -> UnixTime {
        UnixTime(seconds: UInt64(max(0, time(nil))))
    }
}
