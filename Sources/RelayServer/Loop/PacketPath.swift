import Loops
import TURN
import Timing

/// The way of packets through a loop: from sockets into fixed memory, judged by the rules, and out in batches.
///
/// Packets are not copied. Outgoing packets refer to the memory in which they were received, so that memory is not
/// reused before `flush`. What goes to stream clients is copied into their outboxes, and the owner of their sockets
/// writes it at the end of the turn.
struct PacketPath: ~Copyable {
    /// Datagrams or runs taken from a listener at once.
    static let listenerBatch = 64
    /// Datagrams or runs taken from relay sockets between two flushes, and from one of them at once.
    static let relayBatch = 64
    static let relayRead = 16
    /// Reads of one socket before the others get their turn.
    static let maxReads = 4

    /// The time of this turn.
    var now: MonotonicTime
    /// The rules with their allocations.
    var turn: TURNServer
    var sockets: RelaySocketTable
    var counters = PathCounters()

    /// What goes out: by UDP, and to stream clients.
    var outgoing: SendBatch
    var outboxes: StreamOutboxes
    var answers = AnswerArena()
    var fromClients = ReceiveBatch(capacity: listenerBatch)
    var fromPeers = ReceiveBatch(capacity: relayBatch)
    /// Slots of `fromPeers` that packets not yet sent may lie in.
    var peerSlots = 0

    let listeners: UDPListenerTable

    /// The mailboxes of all loops by number, this one's among them.
    let mailboxes: [LoopMailbox]
    /// The loops that were given packets in this turn and have to be woken, as bits.
    var loopsToWake: UInt32 = 0

    init(
        turn: consuming TURNServer, listeners: [UDPListener], mailboxes: [LoopMailbox],
        registry: PollRegistry,
        streamLimits: StreamLimits, offloads: Offloads, seed: UInt64
    ) {
        now = Clock.now()
        self.turn = turn
        self.mailboxes = mailboxes
        sockets = RelaySocketTable(registry, receivesRuns: offloads.receive)
        outgoing = SendBatch(usesOffload: offloads.send, seed: seed)
        outboxes = StreamOutboxes(streamLimits)
        self.listeners = UDPListenerTable(listeners)
    }

    /// Sends everything; receive memory may be used again afterwards.
    @inline(__always)
    mutating func flush() {
        outgoing.flush()
        peerSlots = 0
        answers.removeAll()
        sockets.closePending()
    }

    /// Wakes the loops that were left packets.
    @inline(__always)
    mutating func wakeLoops() {
        while loopsToWake != 0 {
            let loop = loopsToWake.trailingZeroBitCount
            loopsToWake &= loopsToWake &- 1
            mailboxes[loop].wake()
        }
    }
}
