import Addresses
import Synchronization

/// A connection's place among those that are open (``ConnectionTable``): given back when its channel closes, unless the
/// connection has been handed on to somebody who gives it back.
final class ConnectionClaim: Sendable {
    private enum State {
        /// Held, also for an address if it counts for one.
        case held(AddressKey?)
        case over
    }

    private let connections: ConnectionTable
    private let state = Mutex(State.held(nil))

    /// - Parameter connections: has counted the connection in all.
    init(_ connections: ConnectionTable) { self.connections = connections }

    /// The connection counts for an address, too, which has been counted.
    func counts(for address: AddressKey) {
        state.withLock { if case .held(nil) = $0 { $0 = .held(address) } }
    }

    /// The connection is over.
    func release() {
        guard case .held(let address) = take() else { return }
        if let address { connections.release(address) }
        connections.closed()
    }

    /// The connection goes on without its channel: who takes it releases the address, if it counts for one, and the place
    /// in all.
    func handOver() -> AddressKey? {
        guard case .held(let address) = take() else { return nil }
        return address
    }

    private func take() -> State {
        state.withLock { state in
            defer { state = .over }
            return state
        }
    }
}
