package import Addresses
import Synchronization

/// The number of streams of all loops, in total and by address. Asked once per connection.
package final class StreamAdmission: Sendable {
    private struct State {
        var count = 0
        /// An entry goes with its last stream, so there are at most `count`.
        var byAddress: [AddressKey: Int] = [:]

        mutating func add(_ key: AddressKey, limit: Int) -> Bool {
            let held = byAddress[key, default: 0]
            guard held < limit else { return false }
            byAddress[key] = held + 1
            return true
        }
    }

    private let maxStreams: Int
    private let maxStreamsPerAddress: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - maxStreams: of all addresses together.
    ///   - maxStreamsPerAddress: of one IPv4 address or one IPv6 /64.
    package init(maxStreams: Int, maxStreamsPerAddress: Int) {
        self.maxStreams = maxStreams
        self.maxStreamsPerAddress = maxStreamsPerAddress
    }

    /// Counts a stream in.
    ///
    /// - Parameter address: of its client; nil if a proxy has yet to name it, in which case ``name(_:)`` follows.
    /// - Returns: false, having counted nothing, if there are too many.
    package func admit(_ address: IPAddress?) -> Bool {
        state.withLock { state in
            guard state.count < maxStreams else { return false }
            if let address {
                guard state.add(AddressKey(address), limit: maxStreamsPerAddress) else { return false }
            }
            state.count += 1
            return true
        }
    }

    /// Counts a stream that was admitted without an address by its client's address.
    ///
    /// - Returns: false, having counted nothing, if that address has too many. It is released without address then.
    package func name(_ address: IPAddress) -> Bool {
        state.withLock { $0.add(AddressKey(address), limit: maxStreamsPerAddress) }
    }

    /// Counts a stream out that was admitted, with the address that it was counted by.
    package func release(_ address: IPAddress?) {
        state.withLock { state in
            state.count -= 1
            guard let key = address.map(AddressKey.init), let held = state.byAddress[key] else { return }
            state.byAddress[key] = held > 1 ? held - 1 : nil
        }
    }

    /// Streams that are open.
    package var count: Int { state.withLock { $0.count } }
}
