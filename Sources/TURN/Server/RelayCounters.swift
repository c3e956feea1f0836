import STUN

/// The counters of one loop: plain numbers that only grow, except those that say "now".
package struct RelayCounters: BitwiseCopyable, Sendable {
    /// Packets and bytes of payload.
    package struct Traffic: BitwiseCopyable, Equatable, Sendable {
        package var packets: UInt64 = 0
        package var bytes: UInt64 = 0

        package init() {}

        @inline(__always)
        mutating func count(_ byteCount: Int) {
            packets &+= 1
            bytes &+= UInt64(truncatingIfNeeded: byteCount)
        }
    }

    /// From clients, admitted, by `ClientTransport.rawValue`.
    package var fromClients = InlineArray<3, Traffic>(repeating: Traffic())
    /// From peers, admitted, by the client's `ClientTransport.rawValue`.
    package var toClients = InlineArray<3, Traffic>(repeating: Traffic())
    /// The part of `fromClients` that went to another allocation of this server in process.
    package var inProcess = Traffic()
    /// By `DropReason.rawValue`.
    package var drops = InlineArray<10, UInt64>(repeating: 0)
    /// Error answers by the position in `ErrorCode.allCases`.
    package var refusals = InlineArray<14, UInt64>(repeating: 0)
    /// Allocates refused by `Quota.rawValue`.
    package var quotaHits = InlineArray<6, UInt64>(repeating: 0)
    /// Peers refused by `PeerDenial.rawValue`.
    package var peerDenials = InlineArray<9, UInt64>(repeating: 0)
    /// Allocates refused because no port was free.
    package var portsExhausted: UInt64 = 0
    /// Binding requests answered.
    package var bindings: UInt64 = 0
    /// Allocations made, by the client's `ClientTransport.rawValue`.
    package var made = InlineArray<3, UInt64>(repeating: 0)
    /// Allocations ended, for any reason, by the client's `ClientTransport.rawValue`.
    package var ended = InlineArray<3, UInt64>(repeating: 0)
    /// Permissions there are now.
    package var permissions: UInt64 = 0
    /// Channels there are now.
    package var channels: UInt64 = 0

    package init() {}

    /// Allocations made over any transport.
    package var allocationsMade: UInt64 { made[0] &+ made[1] &+ made[2] }

    /// Allocations there are now.
    package var allocations: UInt64 { allocationsMade &- ended[0] &- ended[1] &- ended[2] }

    @inline(__always)
    mutating func count(_ reason: DropReason) { drops[Int(reason.rawValue)] &+= 1 }

    mutating func count(_ code: ErrorCode) {
        for (position, other) in ErrorCode.allCases.enumerated() where other == code {
            refusals[position] &+= 1
        }
    }

    /// Adds another loop's numbers.
    package mutating func add(_ other: RelayCounters) {
        for transport in fromClients.indices {
            fromClients[transport].add(other.fromClients[transport])
            toClients[transport].add(other.toClients[transport])
            made[transport] &+= other.made[transport]
            ended[transport] &+= other.ended[transport]
        }
        inProcess.add(other.inProcess)
        for reason in drops.indices { drops[reason] &+= other.drops[reason] }
        for code in refusals.indices { refusals[code] &+= other.refusals[code] }
        for quota in quotaHits.indices { quotaHits[quota] &+= other.quotaHits[quota] }
        for denial in peerDenials.indices { peerDenials[denial] &+= other.peerDenials[denial] }
        portsExhausted &+= other.portsExhausted
        bindings &+= other.bindings
        permissions &+= other.permissions
        channels &+= other.channels
    }
}

extension RelayCounters.Traffic {
    mutating func add(_ other: Self) {
        packets &+= other.packets
        bytes &+= other.bytes
    }
}
