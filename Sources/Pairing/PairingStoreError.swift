/// Why a store could not answer.
package struct PairingStoreError: Error, CustomStringConvertible {
    /// The stable part: what the caller decides by.
    package enum Code: String, Sendable {
        /// The store cannot work at the moment (disk full, file locked, corrupt or unreadable, queue full).
        /// Nothing was changed, or it is unknown whether it was; asking again later is right.
        case unavailable
        /// A defect in this program or in the data; asking again will not help.
        case `internal`
    }

    /// The stable part.
    package let code: Code
    /// A sentence for the log; never for the wire.
    package let message: String
    /// The error beneath, for the log.
    package let underlying: (any Error)?

    /// Makes an error.
    package init(_ code: Code, _ message: String, underlying: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.underlying = underlying
    }

    /// Code, message and the error beneath, for the log.
    package var description: String {
        "\(code.rawValue): \(message)" + (underlying.map { " (\($0))" } ?? "")
    }
}
