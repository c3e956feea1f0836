import Addresses
import STUN
import Timing

/// The index that means "none" in lists through slabs.
let noIndex = UInt32.max

/// One allocation (RFC 8656 §3.2), plain bits in three cache lines: the five-tuple in the first, what packets need in
/// the second.
struct Allocation: BitwiseCopyable {
    /// Counts permissions, and channels.
    typealias ElementCount = UInt16

    var fiveTuple: FiveTuple
    /// 0 when the place is free.
    var generation: UInt32
    /// The loop's own, see `ClientRoute`.
    var handle: UInt32
    var ipv4 = RelaySlot()
    var ipv6 = RelaySlot()
    var firstPermission = noIndex
    var firstChannel = noIndex
    var permissionCount: ElementCount = 0
    var channelCount: ElementCount = 0
    var fromClient = DirectionLimit()
    var toClient = DirectionLimit()
    var made: MadeBy
    /// Fills the third line, so that no allocation straddles more.
    private var padding: UInt64 = 0

    init(_ route: ClientRoute, generation: UInt32, made: MadeBy) {
        fiveTuple = route.fiveTuple
        handle = route.handle
        self.generation = generation
        self.made = made
    }

    @inline(__always)
    subscript(family: IPAddress.Family) -> RelaySlot {
        get { family == .ipv4 ? ipv4 : ipv6 }
        set { if family == .ipv4 { ipv4 = newValue } else { ipv6 = newValue } }
    }

    var isLive: Bool { ipv4.isLive || ipv6.isLive }
}

/// An allocation's relayed address of one family. Twelve bytes: what follows it in `Allocation` counts on that.
struct RelaySlot: BitwiseCopyable {
    private static let live: UInt8 = 1
    private static let used: UInt8 = 2

    var expires: MonotonicTime
    let port: UInt16
    /// The relay's number in `RelayedPorts`.
    let relay: UInt8
    private var flags: UInt8

    /// No relayed address.
    init() { (expires, port, relay, flags) = (MonotonicTime(nanoseconds: 0), 0, 0, 0) }

    /// A relayed address whose socket is open or about to be opened.
    init(expires: MonotonicTime, port: UInt16, relay: UInt8) {
        (self.expires, self.port, self.relay, flags) = (expires, port, relay, Self.live)
    }

    @inline(__always)
    var isLive: Bool { flags & Self.live != 0 }

    /// Whether a datagram has left its port or reached it, permitted or not: then the port rests afterwards.
    @inline(__always)
    var isUsed: Bool { flags & Self.used != 0 }

    mutating func markUsed() { flags |= Self.used }

    mutating func end() { flags &= ~Self.live }
}

/// How much of its bandwidth an allocation has used in one direction.
struct DirectionLimit: BitwiseCopyable {
    var bytes = ThroughputLimit()
    var packets = ThroughputLimit()
}

/// The Allocate that made an allocation and its result: enough to answer its retransmissions in the same way.
struct MadeBy: BitwiseCopyable {
    var transactionID: TransactionID
    var lifetime: UInt32
    /// The token handed out, 0 for none.
    var reservationToken: UInt64 = 0
    /// Why there is no relayed address of the additional family, if one was asked for.
    var additionalFamilyError: ErrorCode?
}

/// Permission for one peer address to send to an allocation, from any port (RFC 8656 §9).
struct Permission: BitwiseCopyable {
    var ip: IPAddress
    var expires: MonotonicTime
    var allocation: UInt32
    /// The allocation's next one.
    var next: UInt32
    var target: PeerTarget
}

/// A channel: a number for a peer (RFC 8656 §12).
struct Channel: BitwiseCopyable {
    var peer: TransportAddress
    var expires: MonotonicTime
    /// When the permission of the peer's address ends, kept here so that packets need not look for it.
    var permitted: MonotonicTime
    var allocation: UInt32
    /// The allocation's next one.
    var next: UInt32
    var number: UInt16
    var target: PeerTarget
}

/// What the policy said of a peer's address, kept with its permission.
struct PeerTarget: BitwiseCopyable {
    private static let notRelayed = UInt8.max

    /// The relay whose address it is, or `notRelayed`.
    private let number: UInt8
    /// Whether ports may be reached by socket.
    let bySocket: Bool

    /// A peer somewhere else.
    static var elsewhere: PeerTarget { PeerTarget(number: notRelayed, bySocket: true) }

    /// An address of our relay.
    static func relayed(_ number: UInt8, otherPorts: Bool) -> PeerTarget {
        PeerTarget(number: number, bySocket: otherPorts)
    }

    private init(number: UInt8, bySocket: Bool) {
        self.number = number
        self.bySocket = bySocket
    }

    @inline(__always)
    var relay: UInt8? { number == Self.notRelayed ? nil : number }
}
