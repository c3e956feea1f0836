package import Addresses

/// How a client reaches the server.
@usableFromInline
package enum ClientTransport: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    case udp = 0
    case tcp = 1
    case tls = 2

    /// Whether messages come framed in a byte stream, reliable and from a proven address.
    @inlinable @inline(__always)
    package var isStream: Bool { self != .udp }
}

/// What identifies an allocation (RFC 8656 §3.2): the client's address, the address it speaks to, the transport.
package struct FiveTuple: Hashable, BitwiseCopyable, Sendable {
    package let client: TransportAddress
    package let server: TransportAddress
    package let transport: ClientTransport

    package init(client: TransportAddress, server: TransportAddress, transport: ClientTransport) {
        self.client = client
        self.server = server
        self.transport = transport
    }
}

/// The way back to a client: its five-tuple, and what the loop needs to send there.
package struct ClientRoute: BitwiseCopyable, Sendable {
    package var fiveTuple: FiveTuple
    /// The loop's own name for a listener or a stream; given back untouched.
    package var handle: UInt32

    package init(fiveTuple: FiveTuple, handle: UInt32) {
        self.fiveTuple = fiveTuple
        self.handle = handle
    }
}

/// One allocation of one loop. The generation tells an allocation from a later one in the same place.
@usableFromInline
package struct AllocationID: Hashable, BitwiseCopyable, Sendable {
    /// Below `AllocationID.maximumCount`; dense, so that a loop may keep arrays by it.
    @usableFromInline package let index: UInt32
    /// At least 1.
    @usableFromInline package let generation: UInt32

    @inlinable @inline(__always)
    package init(index: UInt32, generation: UInt32) {
        self.index = index
        self.generation = generation
    }

    /// Allocations of one loop: what 24 bits of `RelayedOwner` can name.
    package static let maximumCount = 1 << 24
}

/// The receiver at a live relayed address of this server: an allocation of a loop.
@usableFromInline
package struct RelayedOwner: Hashable, BitwiseCopyable, Sendable {
    @usableFromInline package let loop: UInt8
    @usableFromInline package let allocation: AllocationID

    @inlinable
    package init(loop: UInt8, allocation: AllocationID) {
        self.loop = loop
        self.allocation = allocation
    }

    /// Never 0, because a generation is at least 1.
    var packed: UInt64 {
        UInt64(allocation.generation) << 32 | UInt64(loop) << 24 | UInt64(allocation.index & 0xFF_FFFF)
    }

    @inline(__always)
    init?(packed: UInt64) {
        guard packed != 0 else { return nil }
        loop = UInt8(truncatingIfNeeded: packed >> 24)
        allocation = AllocationID(
            index: UInt32(truncatingIfNeeded: packed) & 0xFF_FFFF,
            generation: UInt32(truncatingIfNeeded: packed >> 32))
    }
}
