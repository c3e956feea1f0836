import Glibc

/// The system has no descriptor or no memory left for a moment.
enum Exhaustion {
    /// Whether the error of a call that makes a descriptor means exhaustion (accept(2), socket(2)). It passes when
    /// other descriptors are closed, so the caller waits and tries again.
    static func isTold(by errorNumber: Int32) -> Bool {
        switch errorNumber {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: true
        default: false
        }
    }
}
