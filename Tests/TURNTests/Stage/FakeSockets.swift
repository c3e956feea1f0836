import Addresses
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
    /// What is held for allocations to come, by an address's port.
    private(set) var held: [Int32: TransportAddress] = [:]
    /// Every address that was asked for, in order.
    private(set) var asked: [TransportAddress] = []
    /// Those of them that something else held, in order.
    private(set) var foundBusy: [TransportAddress] = []
    /// Ports that something else on the host holds.
    var busyPorts: Set<UInt16> = []
    /// Whether opening fails, as without descriptors.
    var fails = false
    /// Whether holding one fails, when opening does not.
    var failsToHold = false

    mutating func open(_ local: TransportAddress, for allocation: AllocationID) -> RelaySocketResult {
        asked.append(local)
        if fails { return .failed }
        if busyPorts.contains(local.port) {
            foundBusy.append(local)
            return .addressInUse
        }
        open[Key(allocation: allocation, family: local.family)] = local
        return .opened
    }

    mutating func close(_ allocation: AllocationID, _ family: IPAddress.Family, isUsed: Bool) {
        open[Key(allocation: allocation, family: family)] = nil
    }

    mutating func hold(_ local: TransportAddress) -> HeldRelaySocketResult {
        asked.append(local)
        if fails || failsToHold { return .failed }
        if busyPorts.contains(local.port) {
            foundBusy.append(local)
            return .addressInUse
        }
        let socket = HeldRelaySocket(rawValue: Int32(local.port))
        held[socket.rawValue] = local
        return .held(socket)
    }

    /// The socket may have been held by another stage's sockets.
    mutating func adopt(
        _ socket: HeldRelaySocket, _ family: IPAddress.Family, for allocation: AllocationID
    ) -> RelaySocketResult {
        let local = held.removeValue(forKey: socket.rawValue)
        if fails { return .failed }
        open[Key(allocation: allocation, family: family)] =
            local ?? TransportAddress(.anyIPv4, port: UInt16(socket.rawValue))
        return .opened
    }

    mutating func release(_ socket: HeldRelaySocket) {
        held[socket.rawValue] = nil
    }
}
