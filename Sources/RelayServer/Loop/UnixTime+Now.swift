import Loops
package import Timing

extension UnixTime {
    /// The system's wall clock.
    package static var now: UnixTime { Clock.unixTime() }
}
