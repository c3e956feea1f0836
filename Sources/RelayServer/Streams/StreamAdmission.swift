import STUN
import Synchronization

/// How many streams there are, of all loops: in all and by address. Asked once a connection.
package final class StreamAdmission: Sendable {
    private struct State {
        var count = 0
        /// By IPv4 address or IPv6 /64; an entry goes with its last stream, so there are at most `count`.
        var byAddress: [IPAddress: Int] = [:]
    }

    private let maxStreams: Int
    private let maxStreamsPerAddress: Int
    private let state = Mutex(State())

    package init(_ limits: StreamLimits) {
        maxStreams = limits.maxStreams
        maxStreamsPerAddress = limits.maxStreamsPerAddress
    }

    /// Counts a stream in.
    ///
    /// - Returns: false, having counted nothing, if there are too many.
    func admit(_ address: IPAddress) -> Bool {
        let key = Self.key(address)
        return state.withLock { state in
            let held = state.byAddress[key, default: 0]
            guard state.count < maxStreams, held < maxStreamsPerAddress else { return false }
            state.count += 1
            state.byAddress[key] = held + 1
            return true
        }
    }

    /// Counts a stream out that was admitted.
    func release(_ address: IPAddress) {
        let key = Self.key(address)
        state.withLock { state in
            guard let held = state.byAddress[key] else { return }
            state.count -= 1
            state.byAddress[key] = held > 1 ? held - 1 : nil
        }
    }

    /// Streams that are open.
    package var count: Int { state.withLock { $0.count } }

    /// Whoever has one IPv6 address has the 2^64 beside it.
    private static func key(_ address: IPAddress) -> IPAddress {
        switch address.family {
        case .ipv4: address
        case .ipv6: IPAddress(v6High: address.high, low: 0)
        }
    }
}
