package import Addresses

/// The relay sockets of a loop, as the rules need them: opened with an allocation, closed with it.
package protocol RelaySockets: ~Copyable {
    /// Opens a UDP socket for an allocation's relayed address of one family; an allocation has one of each at most.
    mutating func open(_ local: TransportAddress, for allocation: AllocationID) -> RelaySocketResult

    /// Closes an allocation's socket of a family. Called once for each socket that was opened; afterwards none of
    /// its packets may reach `classifyPeer`. A socket that no datagram has left or reached must be closed when this
    /// returns, because its port may be drawn again at once.
    mutating func close(_ allocation: AllocationID, _ family: IPAddress.Family, isUsed: Bool)

    /// Opens a UDP socket for an allocation that does not exist yet (RESERVATION-TOKEN, RFC 8656 §7.2), so that no
    /// other program on this host gets its port. It is adopted or released once, by the sockets of any loop.
    mutating func hold(_ local: TransportAddress) -> HeldRelaySocketResult

    /// Turns a held socket into an allocation's, as if opened for it. If that fails, it is closed.
    mutating func adopt(
        _ held: HeldRelaySocket, _ family: IPAddress.Family, for allocation: AllocationID
    ) -> RelaySocketResult

    /// Closes a held socket whose allocation never came.
    mutating func release(_ held: HeldRelaySocket)
}

/// A socket without an allocation, as the sockets of all loops know it.
package struct HeldRelaySocket: BitwiseCopyable, Equatable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) { self.rawValue = rawValue }
}

/// The result of holding a port.
package enum HeldRelaySocketResult: BitwiseCopyable, Sendable {
    case held(HeldRelaySocket)
    /// Another program on this host has the port.
    case addressInUse
    /// No more descriptors, or no such address.
    case failed
}

/// The result of opening a socket.
package enum RelaySocketResult: BitwiseCopyable, Equatable, Sendable {
    case opened
    /// Another program on this host has the port: another one is drawn.
    case addressInUse
    /// No more descriptors, or no such address: Allocate is answered 508.
    case failed
}
