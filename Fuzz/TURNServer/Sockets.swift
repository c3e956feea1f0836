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
        if let before = closed[local] {
            expect(before.advanced(bySeconds: restSeconds) <= now, "\(local) has not rested")
        }
        expect(!open.values.contains(local), "\(local) was given out twice")
        if fails || busyPorts.contains(local.port) {
            closed[local] = now
            return fails ? .failed : .addressInUse
        }
        let key = Key(allocation: allocation, family: local.family)
        expect(open[key] == nil, "an allocation got two sockets of a family")
        open[key] = local
        return .opened
    }

    mutating func close(_ allocation: AllocationID, _ family: IPAddress.Family) {
        guard let local = open.removeValue(forKey: Key(allocation: allocation, family: family)) else {
            fatalError("closed a socket that was not open")
        }
        closed[local] = now
    }
}
