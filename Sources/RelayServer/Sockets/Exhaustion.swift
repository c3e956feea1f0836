import Glibc

/// The system has no descriptor or no memory left for a moment.
enum Exhaustion {
    /// Whether an error of a call that makes a descriptor says so (accept(2), socket(2)). It passes when others let go
    /// of what they have, so who meets it waits and tries again.
    static func isTold(by errorNumber: Int32) -> Bool {
        switch errorNumber {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: true
        default: false
        }
    }
}
