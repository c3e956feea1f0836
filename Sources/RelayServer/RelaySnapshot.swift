package import TURN

/// The numbers of a loop, or the sum of several: what metrics are made of. Folded once a second.
package struct RelaySnapshot: BitwiseCopyable, Sendable {
    /// What the rules have counted.
    package internal(set) var rules = RelayCounters()
    /// Wake-ups of loops.
    package internal(set) var turns: UInt64 = 0
    /// Nanoseconds that loops have worked; a loop whose share of the time approaches 1 is saturated.
    package internal(set) var busyNanoseconds: UInt64 = 0
    /// Nanoseconds that loops have held packets so that more leave at once.
    package internal(set) var heldNanoseconds: UInt64 = 0
    /// Datagrams sent, and the system calls for them.
    package internal(set) var sentPackets: UInt64 = 0
    package internal(set) var sendCalls: UInt64 = 0
    /// Datagrams received, and the system calls for them.
    package internal(set) var receivedPackets: UInt64 = 0
    package internal(set) var receiveCalls: UInt64 = 0
    /// Of the sent ones, those that left joined to others (UDP_SEGMENT).
    package internal(set) var offloadedPackets: UInt64 = 0
    /// Times that the kernel refused to segment and packets were sent singly.
    package internal(set) var offloadFailures: UInt64 = 0
    /// Packets dropped because a socket's send buffer was full.
    package internal(set) var droppedBufferFull: UInt64 = 0
    /// Packets dropped because the kernel refused them, or because they are too large with a header in front.
    package internal(set) var droppedRefused: UInt64 = 0
    /// Packets dropped because another loop's mailbox was full.
    package internal(set) var droppedMailboxFull: UInt64 = 0
    /// ICMP errors passed on to clients.
    package internal(set) var icmpReports: UInt64 = 0
    /// Relay sockets that are open now.
    package internal(set) var relaySockets: UInt64 = 0

    /// TCP and TLS clients.
    package internal(set) var streams = StreamCounters()

    package init() {}

    /// Adds another loop's numbers.
    package mutating func add(_ other: RelaySnapshot) {
        rules.add(other.rules)
        turns &+= other.turns
        busyNanoseconds &+= other.busyNanoseconds
        heldNanoseconds &+= other.heldNanoseconds
        sentPackets &+= other.sentPackets
        sendCalls &+= other.sendCalls
        receivedPackets &+= other.receivedPackets
        receiveCalls &+= other.receiveCalls
        offloadedPackets &+= other.offloadedPackets
        offloadFailures &+= other.offloadFailures
        droppedBufferFull &+= other.droppedBufferFull
        droppedRefused &+= other.droppedRefused
        droppedMailboxFull &+= other.droppedMailboxFull
        icmpReports &+= other.icmpReports
        relaySockets &+= other.relaySockets
        streams.add(other.streams)
    }

    /// Becomes what a loop's packet path and stream clients have counted.
    mutating func update(from path: borrowing PacketPath, _ streams: borrowing StreamClients) {
        self.streams = streams.counters
        self.streams.droppedPackets = path.outboxes.droppedPackets
        self.streams.droppedBytes = path.outboxes.droppedBytes
        rules = path.turn.counters
        let sent = path.outgoing.counters
        sentPackets = sent.packets
        sendCalls = sent.calls
        offloadedPackets = sent.offloadedPackets
        offloadFailures = sent.offloadFailures
        droppedBufferFull = sent.bufferFull
        droppedRefused = sent.refused &+ path.counters.tooLarge
        receivedPackets = path.counters.received
        receiveCalls = path.counters.receiveCalls
        droppedMailboxFull = path.counters.mailboxFull
        icmpReports = path.counters.icmpReports
        relaySockets = UInt64(path.sockets.count)
    }
}
