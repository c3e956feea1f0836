import STUN
import TURN

/// Relay sockets that only remember what was asked of them.
struct FakeSockets: RelaySockets, ~Copyable {
    struct Key: Hashable {
        let allocation: AllocationID
        let family: IPAddress.Family
    }

    /// What is open, by allocation and family.
    private(set) var open: [Key: TransportAddress] = [:]
    /// Every address that was asked for, in order.
    private(set) var asked: [TransportAddress] = []
    /// Ports that something else on the host holds.
    var busyPorts: Set<UInt16> = []
    /// Whether opening fails, as without descriptors.
    var fails = false

    mutating func open(_ local: TransportAddress, for allocation: AllocationID) -> RelaySocketResult {
        asked.append(local)
        if fails { return .failed }
        if busyPorts.contains(local.port) { return .addressInUse }
        open[Key(allocation: allocation, family: local.family)] = local
        return .opened
    }

    mutating func close(_ allocation: AllocationID, _ family: IPAddress.Family) {
        open[Key(allocation: allocation, family: family)] = nil
    }
}
