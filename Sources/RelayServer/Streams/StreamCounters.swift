/// Why a stream ended, or was not taken; the raw value is the metric's `reason` label.
package enum StreamEnd: String, CaseIterable, Sendable, BitwiseCopyable {
    /// The client closed.
    case client
    /// Its bytes are neither STUN nor ChannelData.
    case malformed
    /// The TLS handshake failed.
    case handshake
    /// Its first message, or the rest of a later one, did not come in time.
    case slow
    /// No allocation, and nothing sent for long.
    case idle
    /// The client did not read its output.
    case unread
    /// The connection broke.
    case broken
    /// There are too many streams, of all or of its address.
    case refused
    /// No memory or descriptors.
    case exhausted
    /// The relay stops.
    case draining
    /// It comes from a proxy and does not begin with a right PROXY header.
    case proxyHeader = "proxy_header"
    /// A proxy says that another connection comes from the same address and port.
    case replaced
    /// The slowest of all clients, while too much waited in memory.
    case memory
}

/// What one loop has counted of its streams since it started: plain integers, no locks.
package struct StreamCounters: Sendable, BitwiseCopyable {
    private var ends = InlineArray<13, UInt64>(repeating: 0)
    /// Connections taken, TCP and TLS, adopted ones among them.
    package var accepted: UInt64 = 0
    /// Those that another part of the program accepted.
    package var adopted: UInt64 = 0
    /// Connections whose client was named by a proxy.
    package var proxied: UInt64 = 0
    /// Connections that are open now.
    package var openTCP: UInt64 = 0
    package var openTLS: UInt64 = 0
    /// TLS handshakes completed; the failed ones are `ended(.handshake)`.
    package var handshakes: UInt64 = 0
    /// Media for clients that did not read fast enough.
    package var droppedPackets: UInt64 = 0
    package var droppedBytes: UInt64 = 0

    package init() {}

    /// How many streams ended for a reason.
    package func ended(_ end: StreamEnd) -> UInt64 { ends[end.ordinal] }

    mutating func count(_ end: StreamEnd, times: UInt64 = 1) { ends[end.ordinal] &+= times }

    /// Adds another loop's.
    package mutating func add(_ other: StreamCounters) {
        for index in ends.indices { ends[index] &+= other.ends[index] }
        accepted &+= other.accepted
        adopted &+= other.adopted
        proxied &+= other.proxied
        openTCP &+= other.openTCP
        openTLS &+= other.openTLS
        handshakes &+= other.handshakes
        droppedPackets &+= other.droppedPackets
        droppedBytes &+= other.droppedBytes
    }
}

extension StreamEnd {
    fileprivate var ordinal: Int {
        switch self {
        case .client: 0
        case .malformed: 1
        case .handshake: 2
        case .slow: 3
        case .idle: 4
        case .unread: 5
        case .broken: 6
        case .refused: 7
        case .exhausted: 8
        case .draining: 9
        case .proxyHeader: 10
        case .replaced: 11
        case .memory: 12
        }
    }
}
