import CDatagrams
import Glibc
import Loops
import TURN
import Timing

/// One thread's relay: its sockets, clients, allocations and memory. Shares nothing but the authority with the others.
///
/// A struct used through `inout` from one place: written as a class, its packet path would pay for exclusivity checks.
struct RelayLoop: ThreadLoop, ~Copyable {
    /// How often counters are published while something happens.
    private static let publishNanoseconds: Int64 = 1_000_000_000
    /// How much later than asked the kernel may end a hold.
    private static let timerSlackNanoseconds: UInt = 1_000

    private let poller: Poller
    private var path: PacketPath
    private var streams: StreamClients
    private var hold: Hold
    /// Packets from other loops while they are worked on.
    private var inbox = MailboxPackets()
    private let shared: LoopHandle
    private var isRunning = true

    private var snapshot = RelaySnapshot()
    private var nextPublication = MonotonicTime.distantFuture

    init(
        number: Int, poller: consuming Poller, authority: RelayAuthority, listeners: [UDPListener],
        streams: consuming StreamClients,
        handles: [LoopHandle], offloads: Offloads, holdMicroseconds: Int
    ) {
        var random = SecretRandom()
        let seed = random.next()
        path = PacketPath(
            turn: TURNServer(authority, loop: UInt8(truncatingIfNeeded: number), random: random),
            listeners: listeners, mailboxes: handles.map(\.mailbox), registry: poller.registry,
            streamLimits: streams.limits, offloads: offloads, seed: seed)
        shared = handles[number]
        hold = Hold(windowMicroseconds: holdMicroseconds)
        for (index, listener) in listeners.enumerated() {
            poller.registry.watch(listener.descriptor, tag: PollTag(.listener, index: UInt32(index)))
        }
        poller.registry.watch(
            shared.mailbox.descriptor, tag: PollTag(.mailbox, index: 0),
            events: PollRegistry.edgeTriggeredInput)
        streams.register(poller.registry)
        self.streams = streams
        self.poller = poller
    }

    var threadName: String { "relay-\(path.turn.loop)" }

    /// Serves until it is told to stop; ends all allocations and connections then.
    mutating func run() {
        datagram_set_timer_slack(Self.timerSlackNanoseconds)
        while isRunning { turn() }
        path.now = Clock.now()
        streams.close(path: &path)
        path.turn.endAllAllocations(now: path.now, sockets: &path.sockets)
        path.flush()
        publish()
    }

    private mutating func turn() {
        let count = poller.wait(milliseconds: timeout())
        let began = Clock.now()
        path.now = began
        let relayedBefore = path.counters.relayed
        var readyListeners: UInt32 = 0
        for index in 0..<count {
            let (tag, events) = poller.event(index)
            switch tag.kind {
            case .relay: path.readPeers(tag, events: events)
            // After the others, because memory that they filled has to be sent when a listener's has.
            case .listener: readyListeners |= 1 << (tag.index & 31)
            case .mailbox: readMailbox()
            case .stream, .streamListener: streams.handle(tag, events: events, path: &path)
            case nil: break
            }
        }
        while readyListeners != 0 {
            let index = readyListeners.trailingZeroBitCount
            readyListeners &= readyListeners &- 1
            path.readClients(index)
        }
        streams.write(path: &path)
        path.flush()
        path.wakeLoops()
        if deadline() <= began { expire() }
        finish(began, relayed: path.counters.relayed &- relayedBefore)
    }

    // MARK: Time

    private mutating func deadline() -> MonotonicTime {
        min(path.turn.nextDeadline ?? .distantFuture, streams.nextDeadline ?? .distantFuture)
    }

    /// Milliseconds until something is due, rounded up; -1 when nothing is.
    private mutating func timeout() -> Int32 {
        let next = min(deadline(), nextPublication)
        guard next < .distantFuture else { return -1 }
        let now = Clock.now()
        guard now < next else { return 0 }
        return Int32(clamping: (next.nanoseconds - now.nanoseconds + 999_999) / 1_000_000)
    }

    private mutating func expire() {
        streams.expire(path: &path)
        path.turn.expire(now: path.now, sockets: &path.sockets)
        path.flush()
    }

    /// Books a turn and holds for a moment if that is worth it.
    private mutating func finish(_ began: MonotonicTime, relayed: UInt64) {
        let ended = Clock.now()
        snapshot.turns &+= 1
        snapshot.busyNanoseconds &+= UInt64(
            truncatingIfNeeded: ended.nanoseconds &- began.nanoseconds)
        if nextPublication == .distantFuture {
            nextPublication = MonotonicTime(nanoseconds: ended.nanoseconds &+ Self.publishNanoseconds)
        } else if nextPublication <= ended {
            publish()
        }
        let pause = hold.afterTurn(packets: Int(truncatingIfNeeded: relayed), began: began, ended: ended)
        if pause > 0 {
            snapshot.heldNanoseconds &+= UInt64(truncatingIfNeeded: pause)
            Hold.sleep(nanoseconds: pause)
        }
    }

    /// Publishes the counters; the next time is set when something has happened since.
    private mutating func publish() {
        snapshot.update(from: path, streams)
        shared.publish(snapshot)
        nextPublication = .distantFuture
    }

    // MARK: From other threads

    private mutating func readMailbox() {
        for command in shared.mailbox.takeMail(&inbox, dropped: &path.counters.mailboxFull) {
            carryOut(command)
        }
        if !inbox.isEmpty {
            path.readMailbox(inbox)
            inbox.removeAll()
        }
    }

    private mutating func carryOut(_ command: LoopCommand) {
        switch command {
        case .endRoom(let room):
            path.turn.endAllocations(of: room, now: path.now, sockets: &path.sockets)
        case .adopt(let stream): streams.adopt(stream, path: &path)
        case .stopListening: streams.stopListening()
        case .stop: isRunning = false
        }
    }
}
