package import Addresses

/// What to do with a packet from a client.
package enum ClientPacket: BitwiseCopyable, Sendable {
    /// Send `byteCount` bytes from `offset` of the packet to the peer, out of the allocation's socket of the peer's
    /// family.
    case toPeer(AllocationID, TransportAddress, offset: Int, byteCount: Int, dontFragment: Bool)
    /// The peer is another client of this server. Give the bytes to its allocation as coming from `from`, with
    /// `classifyPeer` on the owner's loop.
    case toRelayed(RelayedOwner, from: TransportAddress, offset: Int, byteCount: Int)
    /// A message for `handle`.
    case control
    case drop(DropReason)
}

/// What to do with a packet from a peer.
package enum PeerPacket: BitwiseCopyable, Sendable {
    /// Send it to the allocation's client as ChannelData with this number.
    case channelData(UInt16)
    /// Send it as a Data indication.
    case dataIndication
    case drop(DropReason)
}

/// The result of a message for `handle`.
package enum ControlOutcome: BitwiseCopyable, Equatable, Sendable {
    /// The writer holds the answer for the client.
    case answer
    case silence(DropReason)
}

/// Why a packet went nowhere. A fixed list: these are values of a metric's label.
package enum DropReason: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    /// Neither STUN nor ChannelData by its first bytes.
    case notSTUN
    /// STUN or ChannelData that contradicts itself, or a peer's datagram that no Data indication can hold.
    case malformed
    /// A response, an indication or a method that a server does not expect.
    case unexpected
    /// Data from a client without an allocation, or for one that has ended.
    case noAllocation
    /// ChannelData on a number that is not bound.
    case noChannel
    /// A peer without a permission.
    case noPermission
    /// A port or address that the policy denies.
    case peerDenied
    /// A peer at one of our relayed addresses that has no receiver.
    case deadRelayedAddress
    /// The allocation has relayed more than it is allowed to.
    case bandwidth
    /// The address has had enough unsigned answers.
    case unauthenticatedLimit
}
