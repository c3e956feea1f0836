import Addresses
import TURN
import Timing

/// Relay sockets that keep account of what is open and check that it is opened and closed as promised.
struct Sockets: RelaySockets, ~Copyable {
    struct Key: Hashable {
        let allocation: AllocationID
        let family: IPAddress.Family
    }

    private(set) var open: [Key: TransportAddress] = [:]
    /// Those of which a datagram has left, or which one has reached.
    private var used: Set<TransportAddress> = []
    /// Until when each address rests that was used.
    private(set) var resting: [TransportAddress: MonotonicTime] = [:]
    /// Until when each address is left alone that something else had.
    private(set) var setAside: [TransportAddress: MonotonicTime] = [:]
    var busyPorts: Set<UInt16> = []
    var fails = false
    var now = MonotonicTime(nanoseconds: 0)
    private let restSeconds: UInt32

    init(restSeconds: UInt32) { self.restSeconds = restSeconds }

    /// A datagram leaves or reaches an allocation's socket, if it is open.
    mutating func use(_ allocation: AllocationID, _ family: IPAddress.Family) {
        if let local = open[Key(allocation: allocation, family: family)] { used.insert(local) }
    }

    mutating func use(_ local: TransportAddress) {
        expect(open.values.contains(local), "data came from \(local), which is not open")
        used.insert(local)
    }

    mutating func open(_ local: TransportAddress, for allocation: AllocationID) -> RelaySocketResult {
        if let failure = failure(at: local) { return failure }
        enter(local, for: allocation)
        return .opened
    }

    /// What keeps a port from being opened, if anything.
    private mutating func failure(at local: TransportAddress) -> RelaySocketResult? {
        checkRest(of: local)
        if fails { return .failed }
        guard busyPorts.contains(local.port) else { return nil }
        setAside[local] = now.advanced(bySeconds: restSeconds)
        return .addressInUse
    }

    private mutating func enter(_ local: TransportAddress, for allocation: AllocationID) {
        expect(!open.values.contains(local), "\(local) was given out twice")
        let key = Key(allocation: allocation, family: local.family)
        expect(open[key] == nil, "an allocation got two sockets of a family")
        open[key] = local
    }

    private func checkRest(of local: TransportAddress) {
        for end in [resting[local], setAside[local]].compactMap({ $0 }) {
            expect(end <= now, "\(local) has not rested")
        }
        expect(!open.values.contains(local), "\(local) was given out twice")
    }

    mutating func close(_ allocation: AllocationID, _ family: IPAddress.Family, isUsed: Bool) {
        guard let local = open.removeValue(forKey: Key(allocation: allocation, family: family)) else {
            fatalError("closed a socket that was not open")
        }
        expectEqual(isUsed, used.remove(local) != nil, "whether \(local) was used")
        if isUsed { resting[local] = now.advanced(bySeconds: restSeconds) }
    }

    // A held socket may be adopted or released by the other loop's sockets: it is known by its address alone.

    mutating func hold(_ local: TransportAddress) -> HeldRelaySocketResult {
        switch failure(at: local) {
        case .addressInUse?: .addressInUse
        case .failed?: .failed
        case .opened?, nil: .held(HeldRelaySocket(rawValue: Int32(local.port)))
        }
    }

    mutating func adopt(
        _ held: HeldRelaySocket, _ family: IPAddress.Family, for allocation: AllocationID
    ) -> RelaySocketResult {
        guard let relay = World.configuration.relays.first(where: { $0.family == family }) else {
            fatalError("adopted a socket of a family without a relay")
        }
        if fails { return .failed }
        enter(
            TransportAddress(relay.local, port: UInt16(truncatingIfNeeded: held.rawValue)), for: allocation)
        return .opened
    }

    mutating func release(_ held: HeldRelaySocket) {}
}
