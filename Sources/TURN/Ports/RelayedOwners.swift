import Addresses
import Synchronization

/// The receiver at each port of each relay address, and the address as clients know it. Fixed rows of words, read
/// for packets. The words are atomic; the addresses never change.
///
/// A copy is a view of the same rows. The holder of a copy must also keep the `RelayedPorts` that it came from,
/// which frees them.
struct RelayedOwners: BitwiseCopyable, @unchecked Sendable {
    /// By relay number and port, counted from the first, `RelayedOwner.packed` or 0.
    private let words: UnsafeMutablePointer<Atomic<UInt64>>
    /// By relay number.
    private let addresses: UnsafeMutablePointer<IPAddress>
    private let firstPort: UInt16
    private let portCount: Int
    private let relayCount: Int

    init(relays: [RelayAddress], range: ClosedRange<UInt16>) {
        firstPort = range.lowerBound
        portCount = range.count
        relayCount = relays.count
        addresses = .allocate(capacity: max(relayCount, 1))
        for (number, relay) in relays.enumerated() { (addresses + number).initialize(to: relay.advertised) }
        words = .allocate(capacity: max(relayCount * portCount, 1))
        for place in 0..<relayCount * portCount { (words + place).initialize(to: Atomic(0)) }
    }

    func deallocate() {
        addresses.deallocate()
        words.deinitialize(count: relayCount * portCount)
        words.deallocate()
    }

    /// The receiver at a port of a relay, if there is one.
    @inline(__always)
    func owner(relay: UInt8, port: UInt16) -> RelayedOwner? {
        guard let place = place(relay, port) else { return nil }
        return RelayedOwner(packed: words[place].load(ordering: .acquiring))
    }

    /// The address of a relay as clients know it. The number comes from this server, never from the wire.
    @inline(__always)
    func advertised(_ relay: UInt8) -> IPAddress {
        assert(Int(relay) < relayCount)
        return addresses[Int(relay)]
    }

    /// Makes an allocation the receiver at a port; nil removes the receiver.
    func set(_ owner: RelayedOwner?, relay: UInt8, port: UInt16) {
        guard let place = place(relay, port) else { return }
        words[place].store(owner?.packed ?? 0, ordering: .releasing)
    }

    @inline(__always)
    private func place(_ relay: UInt8, _ port: UInt16) -> Int? {
        let offset = Int(port) &- Int(firstPort)
        guard offset >= 0, offset < portCount, Int(relay) < relayCount else { return nil }
        return Int(relay) &* portCount &+ offset
    }
}
