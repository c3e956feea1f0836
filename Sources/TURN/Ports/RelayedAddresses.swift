package import STUN
import Synchronization

/// The relay's addresses with their ports: which are free, which are held, and who receives at each. Shared by all
/// loops.
///
/// Drawing and giving back take a short lock, once per allocation. Who receives at a port is read for packets between
/// two clients of ours, without a lock.
package final class RelayedAddresses: Sendable {
    /// Most relay addresses there can be, all families together.
    package static let maximumCount = 16

    /// The addresses; their positions here are their numbers.
    package let relays: [RelayAddress]
    private let range: ClosedRange<UInt16>
    private let pools: Mutex<[PortPool]>
    /// By relay number and port counted from the range's start, `RelayedOwner.packed` or 0.
    private let owners: OwnerTable

    /// `relays` beyond `maximumCount` are left out.
    init(relays: [RelayAddress], range: ClosedRange<UInt16>, restSeconds: UInt32) {
        self.relays = Array(relays.prefix(Self.maximumCount))
        self.range = range
        pools = Mutex(self.relays.map { _ in PortPool(range: range, restSeconds: restSeconds) })
        owners = OwnerTable(count: self.relays.count * range.count)
    }

    /// The numbers of a family's relays, that of the address a client speaks to first.
    func numbers(_ family: IPAddress.Family, preferring ip: IPAddress) -> [UInt8] {
        let numbers = relays.indices.filter { relays[$0].family == family }
        return (numbers.filter { relays[$0].local == ip } + numbers.filter { relays[$0].local != ip }).map(
            UInt8.init)
    }

    /// Whether there is a relay of a family.
    package func supports(_ family: IPAddress.Family) -> Bool { relays.contains { $0.family == family } }

    /// Draws a port as an allocation asks for it; nothing when there is none.
    func draw(_ wish: PortWish, relay: UInt8, at now: Instant, using random: inout SecretRandom) -> UInt16? {
        pools.withLock { pools in
            guard Int(relay) < pools.count else { return nil }
            switch wish {
            case .any: return pools[Int(relay)].draw(at: now, using: &random)
            case .even(let reservesNext):
                return pools[Int(relay)].drawEven(withNext: reservesNext, at: now, using: &random)
            }
        }
    }

    /// Gives a port back, to rest.
    func giveBack(_ port: UInt16, relay: UInt8, at now: Instant) {
        pools.withLock { pools in
            if Int(relay) < pools.count { pools[Int(relay)].giveBack(port, at: now) }
        }
    }

    /// Ports that could be drawn at a time, of all relays.
    package func freePortCount(at now: Instant) -> Int {
        pools.withLock { pools in
            var sum = 0
            for number in pools.indices { sum += pools[number].freeCount(at: now) }
            return sum
        }
    }

    /// Makes an allocation the receiver at a port, once its socket is open.
    func publish(_ owner: RelayedOwner, relay: UInt8, port: UInt16) {
        guard let place = place(relay, port) else { return }
        owners.store(owner.packed, at: place)
    }

    /// Ends that, before the socket is closed.
    func withdraw(relay: UInt8, port: UInt16) {
        guard let place = place(relay, port) else { return }
        owners.store(0, at: place)
    }

    /// Who receives at a port of a relay, if anybody.
    @inline(__always)
    func owner(relay: UInt8, port: UInt16) -> RelayedOwner? {
        guard let place = place(relay, port) else { return nil }
        return RelayedOwner(packed: owners.load(at: place))
    }

    @inline(__always)
    private func place(_ relay: UInt8, _ port: UInt16) -> Int? {
        guard port >= range.lowerBound, port <= range.upperBound, Int(relay) < relays.count else {
            return nil
        }
        return Int(relay) &* range.count &+ Int(port &- range.lowerBound)
    }
}

/// What an allocation asks of its port (EVEN-PORT, RFC 8656 §18.5).
enum PortWish: Equatable, Sendable {
    case any
    case even(reservesNext: Bool)
}

/// A fixed row of atomic words.
private final class OwnerTable: Sendable {
    private nonisolated(unsafe) let words: UnsafeMutablePointer<Atomic<UInt64>>
    private let count: Int

    init(count: Int) {
        self.count = count
        words = .allocate(capacity: max(count, 1))
        for place in 0..<count { (words + place).initialize(to: Atomic(0)) }
    }

    deinit {
        words.deinitialize(count: count)
        words.deallocate()
    }

    @inline(__always)
    func load(at place: Int) -> UInt64 { words[place].load(ordering: .acquiring) }

    func store(_ word: UInt64, at place: Int) { words[place].store(word, ordering: .releasing) }
}
