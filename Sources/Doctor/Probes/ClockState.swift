import CClock
import Glibc

/// What the kernel says of the system's clock.
enum ClockState: Equatable, Sendable {
    /// Something keeps it right; it may be wrong by so much by its own estimate.
    case synchronised(maxErrorMicroseconds: Int)
    case unsynchronised
    /// The kernel does not tell, in a container for instance.
    case unknown

    static func read() -> ClockState {
        var error = 0
        return switch clock_is_synchronised(&error) {
        case 1: .synchronised(maxErrorMicroseconds: error)
        case 0: .unsynchronised
        default: .unknown
        }
    }

    /// What the battery-driven clock says, in seconds since 1970.
    static func hardwareSeconds() -> UInt64? {
        KernelFile.text("/sys/class/rtc/rtc0/since_epoch").flatMap { UInt64($0) }
    }
}
