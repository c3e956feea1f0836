/// What the packet path of a loop has done, beside what the rules and the send batch count.
struct PathCounters: BitwiseCopyable, Sendable {
    /// Packets queued for sending, to clients or peers.
    var relayed: UInt64 = 0
    /// Packets received by socket, from clients and peers.
    var received: UInt64 = 0
    /// Receive calls.
    var receiveCalls: UInt64 = 0
    /// Packets that another loop had no room for.
    var mailboxFull: UInt64 = 0
    /// Packets of peers that do not fit into one of the relay's own packets with a header in front.
    var tooLarge: UInt64 = 0
    /// ICMP errors passed on to clients.
    var icmpReports: UInt64 = 0
}
