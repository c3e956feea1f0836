import Glibc

/// Decides when a listener pauses because the system has no resources left to accept connections.
///
/// The socket stays readable meanwhile. A listener that continued would fail as fast as the loop turns, and use a
/// whole core.
/// The connections wait in the kernel's queue.
struct AcceptPause {
    /// How long a listener rests, as those of the relay do. Then it tries again.
    static let length = Duration.milliseconds(500)

    /// Whether the listener rests now.
    private(set) var isResting = false

    /// Notes an accept that failed with an error number.
    ///
    /// - Returns: whether to stop accepting now, for ``length``.
    mutating func acceptFailed(_ errorNumber: Int32) -> Bool {
        guard !isResting, Self.isExhaustion(errorNumber) else { return false }
        isResting = true
        return true
    }

    /// The pause is over: accepting continues.
    mutating func end() { isResting = false }

    /// No descriptor or no memory is left for a moment (accept(2)). Other errors are about one connection.
    static func isExhaustion(_ errorNumber: Int32) -> Bool {
        switch errorNumber {
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: true
        default: false
        }
    }
}
