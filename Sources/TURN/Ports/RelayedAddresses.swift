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
    /// Who receives at each port; `TURNServer` keeps a copy for its packets.
    let owners: RelayedOwners
    private let pools: Mutex<[PortPool]>

    /// `relays` beyond `maximumCount` are left out.
    init(relays: [RelayAddress], range: ClosedRange<UInt16>, restSeconds: UInt32) {
        self.relays = Array(relays.prefix(Self.maximumCount))
        pools = Mutex(self.relays.map { _ in PortPool(range: range, restSeconds: restSeconds) })
        owners = RelayedOwners(relays: self.relays, range: range)
    }

    deinit { owners.deallocate() }

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

    /// When less than a quarter of a family's ports is free: how many ports one user may have in use and at rest, a
    /// sixteenth of them. Nothing while there are enough for everybody.
    func fairShare(_ family: IPAddress.Family, at now: Instant) -> Int? {
        pools.withLock { pools in
            var (free, all) = (0, 0)
            for number in pools.indices where relays[number].family == family {
                free += pools[number].freeCount(at: now)
                all += pools[number].range.count
            }
            return free * 4 < all ? all / 16 : nil
        }
    }

    /// Makes an allocation the receiver at a port, once its socket is open.
    func publish(_ owner: RelayedOwner, relay: UInt8, port: UInt16) {
        owners.set(owner, relay: relay, port: port)
    }

    /// Ends that, before the socket is closed.
    func withdraw(relay: UInt8, port: UInt16) {
        owners.set(nil, relay: relay, port: port)
    }
}

/// What an allocation asks of its port (EVEN-PORT, RFC 8656 §18.5).
enum PortWish: Equatable, Sendable {
    case any
    case even(reservesNext: Bool)
}
