package import STUN

/// The relay sockets of a loop, as the rules need them: opened with an allocation, closed with it.
package protocol RelaySockets: ~Copyable {
    /// Opens a UDP socket for an allocation's relayed address of one family; an allocation has one of each at most.
    mutating func open(_ local: TransportAddress, for allocation: AllocationID) -> RelaySocketResult

    /// Closes an allocation's socket of a family. Called once for each that was opened; afterwards no packet of it
    /// may reach `classifyPeer`.
    mutating func close(_ allocation: AllocationID, _ family: IPAddress.Family)
}

/// What became of a wish for a socket.
package enum RelaySocketResult: BitwiseCopyable, Equatable, Sendable {
    case opened
    /// Something else on this host has the port: another is drawn.
    case addressInUse
    /// No more descriptors, or no such address: Allocate is answered 508.
    case failed
}
