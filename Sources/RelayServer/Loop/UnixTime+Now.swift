import Glibc
package import Timing

extension UnixTime {
    /// The system's wall clock.
    package static var now: UnixTime {
        UnixTime(seconds: UInt64(clamping: time(nil)))
    }
}
