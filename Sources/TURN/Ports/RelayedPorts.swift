package import Addresses
import Synchronization
package import Timing

/// The relay's addresses with their ports: which ports are free, which are held and who pays for them, and which
/// allocation receives at each. Shared by all loops.
///
/// Drawing and giving back take a short lock, once per allocation. The receiver at a port is read without a lock,
/// for packets between two clients of this relay.
package final class RelayedPorts: Sendable {
    /// The most relay addresses, all families together.
    package static let maximumCount = 16

    /// The addresses; their positions here are their numbers.
    package let relays: [RelayAddress]
    /// The receiver at each port; `TURNServer` keeps a copy for its packets.
    let owners: RelayedOwners
    private let share: FairShare
    private let pools: Mutex<[PortPool]>

    /// `relays` beyond `maximumCount` are left out.
    init(relays: [RelayAddress], range: ClosedRange<UInt16>, restSeconds: UInt32, share: FairShare) {
        self.relays = Array(relays.prefix(Self.maximumCount))
        self.share = share
        pools = Mutex(self.relays.map { _ in PortPool(range: range, restSeconds: restSeconds) })
        owners = RelayedOwners(relays: self.relays, range: range)
    }

    deinit { owners.deallocate() }

    /// The numbers of a family's relays; the one with the address that the client speaks to comes first.
    func numbers(_ family: IPAddress.Family, preferring ip: IPAddress) -> [UInt8] {
        let numbers = relays.indices.filter { relays[$0].family == family }
        return (numbers.filter { relays[$0].local == ip } + numbers.filter { relays[$0].local != ip }).map(
            UInt8.init)
    }

    /// Whether there is a relay of a family.
    package func supports(_ family: IPAddress.Family) -> Bool { relays.contains { $0.family == family } }

    /// Draws a port of a relay as an allocation asks for it and bills the given user and address. Refused if that
    /// would exceed their share of the family's ports.
    func draw(
        _ wish: PortWish, relay: UInt8, for payer: QuotaClaim, at now: MonotonicTime,
        using random: inout SecretRandom
    ) -> PortDraw {
        pools.withLock { pools in
            let number = Int(relay)
            guard number < pools.count else { return .noneFree }
            if let quota = exceededShare(&pools, relays[number].family, wish, payer, at: now) {
                return .overShare(quota)
            }
            let port =
                switch wish {
                case .any: pools[number].draw(for: payer, at: now, using: &random)
                case .even(let reservesNext):
                    pools[number].drawEven(
                        withNext: reservesNext, for: payer, at: now, using: &random)
                }
            return port.map(PortDraw.port) ?? .noneFree
        }
    }

    private func exceededShare(
        _ pools: inout [PortPool], _ family: IPAddress.Family, _ wish: PortWish, _ payer: QuotaClaim,
        at now: MonotonicTime
    ) -> Quota? {
        var (free, user, address) = (0, 0, 0)
        for number in pools.indices where relays[number].family == family {
            pools[number].wake(now)
            free += pools[number].freeCount
            user += pools[number].bills.count(payer.user)
            address += pools[number].bills.count(payer.address)
        }
        // With no port free there is no share to exceed.
        guard free > 0 else { return nil }
        return share.exceeded(userBill: user, addressBill: address, wanted: wish.portCount, free: free)
    }

    /// Gives a port back that was drawn, its socket closed.
    func giveBack(_ port: UInt16, relay: UInt8, _ fate: PortFate, at now: MonotonicTime) {
        pools.withLock { pools in
            if Int(relay) < pools.count { pools[Int(relay)].giveBack(port, fate, at: now) }
        }
    }

    /// Ports that could be drawn at a time, of all relays.
    package func freePortCount(at now: MonotonicTime) -> Int {
        IPAddress.Family.allCases.reduce(0) { $0 + freePortCount($1, at: now) }
    }

    /// Those of a family.
    package func freePortCount(_ family: IPAddress.Family, at now: MonotonicTime) -> Int {
        sum(family, at: now) { $0.freeCount }
    }

    /// Ports of a family that are billed, because they are in use, reserved or at rest.
    package func billedPortCount(_ family: IPAddress.Family, at now: MonotonicTime) -> Int {
        sum(family, at: now) { $0.bills.total }
    }

    /// The number of those ports that are billed to the clients that count as this address.
    package func billedPortCount(_ family: IPAddress.Family, of address: IPAddress, at now: MonotonicTime)
        -> Int
    {
        sum(family, at: now) { $0.bills.count(AddressKey(address)) }
    }

    /// Adds a number up over the pools of a family.
    func sum(_ family: IPAddress.Family, at now: MonotonicTime, _ number: (PortPool) -> Int) -> Int {
        pools.withLock { pools in
            pools.indices.reduce(0) { sum, relay in
                guard relays[relay].family == family else { return sum }
                pools[relay].wake(now)
                return sum + number(pools[relay])
            }
        }
    }

    /// What is kept of ports that rest, as it is now.
    var restCount: Int { pools.withLock { $0.reduce(0) { $0 + $1.restCount } } }

    /// Makes an allocation the receiver at a port, once its socket is open.
    func publish(_ owner: RelayedOwner, relay: UInt8, port: UInt16) {
        owners.set(owner, relay: relay, port: port)
    }

    /// Ends that, before the socket is closed.
    func withdraw(relay: UInt8, port: UInt16) {
        owners.set(nil, relay: relay, port: port)
    }
}

/// An allocation's requirements for its port (EVEN-PORT, RFC 8656 §18.5).
enum PortWish: Equatable, Sendable {
    case any
    case even(reservesNext: Bool)

    /// The number of ports that are drawn, which is also the number that counts against the quotas.
    var portCount: Int { self == .even(reservesNext: true) ? 2 : 1 }
}

/// The result of drawing a port.
enum PortDraw: Equatable, Sendable {
    /// The port, or the even one of a pair.
    case port(UInt16)
    case noneFree
    /// Ports are free, but not for this user or this address.
    case overShare(Quota)
}
