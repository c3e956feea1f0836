import STUN
import TURN

/// Relay sockets that keep account of what is open and check that it is opened and closed as promised.
struct Sockets: RelaySockets, ~Copyable {
    struct Key: Hashable {
        let allocation: AllocationID
        let family: IPAddress.Family
    }

    private(set) var open: [Key: TransportAddress] = [:]
    /// When each address was closed, or failed to open, last.
    private var closed: [TransportAddress: Instant] = [:]
    var busyPorts: Set<UInt16> = []
    var fails = false
    var now = Instant(nanoseconds: 0)
    private let restSeconds: UInt32

    init(restSeconds: UInt32) { self.restSeconds = restSeconds }

    mutating func open(_ local: TransportAddress, for allocation: AllocationID) -> RelaySocketResult {
        checkRest(of: local)
        if fails || busyPorts.contains(local.port) {
            closed[local] = now
            return fails ? .failed : .addressInUse
        }
        enter(local, for: allocation)
        return .opened
    }

    private mutating func enter(_ local: TransportAddress, for allocation: AllocationID) {
        expect(!open.values.contains(local), "\(local) was given out twice")
        let key = Key(allocation: allocation, family: local.family)
        expect(open[key] == nil, "an allocation got two sockets of a family")
        open[key] = local
    }

    private func checkRest(of local: TransportAddress) {
        if let before = closed[local] {
            expect(before.advanced(bySeconds: restSeconds) <= now, "\(local) has not rested")
        }
        expect(!open.values.contains(local), "\(local) was given out twice")
    }

    mutating func close(_ allocation: AllocationID, _ family: IPAddress.Family) {
        guard let local = open.removeValue(forKey: Key(allocation: allocation, family: family)) else {
            fatalError("closed a socket that was not open")
        }
        closed[local] = now
    }

    // A held socket may be adopted or released by the other loop's sockets: it is known by its address alone.

    mutating func hold(_ local: TransportAddress) -> HeldRelaySocketResult {
        checkRest(of: local)
        if fails || busyPorts.contains(local.port) {
            closed[local] = now
            return fails ? .failed : .addressInUse
        }
        return .held(HeldRelaySocket(rawValue: Int32(local.port)))
    }

    mutating func adopt(
        _ held: HeldRelaySocket, _ family: IPAddress.Family, for allocation: AllocationID
    ) -> RelaySocketResult {
        guard let relay = World.configuration.relays.first(where: { $0.family == family }) else {
            fatalError("adopted a socket of a family without a relay")
        }
        let local = TransportAddress(relay.local, port: UInt16(truncatingIfNeeded: held.rawValue))
        if fails {
            closed[local] = now
            return .failed
        }
        enter(local, for: allocation)
        return .opened
    }

    mutating func release(_ held: HeldRelaySocket) {}
}
