package import Addresses
import Loops
package import TLS

/// Why the relay cannot start.
package enum RelayServerError: Error, Equatable {
    /// A listener's address cannot be bound.
    case listener(TransportAddress, errno: Int32)
    /// The TLS listeners have no certificate, or it cannot be used.
    case certificate(TLSConfigurationError?)
    /// There is no address to relay from.
    case noRelayAddress
    /// The system refuses something that the relay cannot do without.
    case system(Resource, errno: Int32)

    /// The operation that the system refused.
    package enum Resource: String, Sendable {
        case poller, thread, mailbox

        init(_ resource: LoopError.Resource) {
            self =
                switch resource {
                case .poller: .poller
                case .thread: .thread
                case .mailbox: .mailbox
                }
        }
    }

    init(_ error: LoopError) { self = .system(Resource(error.resource), errno: error.errno) }
}
