import Addresses
import Backlog
import CDatagrams
import Glibc
import Loops
import TLS
import TURN
import Timing

/// The TCP and TLS clients of one loop: their listeners, connections, TLS sessions and receive buffers.
///
/// Owned by the loop beside its `PacketPath`, which does not know it: a turn reads each client that is ready once,
/// hands its messages to the path where they lie, and at the end writes what the path has left in its
/// `StreamOutboxes`.
struct StreamClients: ~Copyable {
    let limits: StreamLimits
    let times: StreamTimes
    let admission: StreamAdmission
    let certificates: TLSCertificates?
    /// The proxies whose connections begin with a PROXY header.
    let proxies: [IPRange]

    /// Where sockets are watched; nil until ``register(_:)``.
    private(set) var registry: PollRegistry?
    var counters = StreamCounters()
    var table = StreamTable<StreamClient>()
    /// The clients of `table` by five-tuple, but for those that a proxy has not named yet.
    var byFiveTuple: [FiveTuple: UInt32] = [:]
    /// The part of the process's budget that this loop's clients hold, and when it is checked next.
    var share: BufferShare
    var budgetLook: MonotonicTime?
    var deadlines = DeadlineTable()
    /// What clients sent in this turn; allocated with the first listener or client.
    var arena: StreamArena?

    var listeners: [StreamListener] = []
    /// If false, no more streams are adopted.
    private(set) var isTakingStreams = true
    /// Listeners pause until then, because no descriptors were left.
    var resting: MonotonicTime?
    /// The certificate that new sessions use, and its generation.
    var context: TLSContext?
    var contextGeneration: UInt64 = 0
    /// Steps of handshakes that this turn has left.
    var handshakesLeft: Int

    /// Clients that end with the turn.
    var closing: [UInt32] = []

    /// - Parameters:
    ///   - listeners: this loop's own; closed with the value.
    ///   - admission: shared by all loops.
    ///   - certificates: nil if there is no TLS listener.
    ///   - proxies: whose connections begin with a PROXY header.
    ///   - budget: how much may wait in memory in the whole process.
    init(
        _ limits: StreamLimits, listeners: [StreamListener], admission: StreamAdmission,
        certificates: TLSCertificates?, proxies: [IPRange] = [], budget: BufferBudget = BufferBudget()
    ) {
        share = BufferShare(of: budget)
        self.proxies = proxies
        self.limits = limits
        self.listeners = listeners
        times = StreamTimes(limits)
        self.admission = admission
        self.certificates = certificates
        handshakesLeft = limits.handshakesPerTurn
    }

    deinit {
        for listener in listeners { Glibc.close(listener.socket) }
        for handle in table.handles {
            guard let client = table.client(handle) else { continue }
            Glibc.close(client.pointee.socket)
            client.pointee.partial.discard()
            admission.release(client.pointee.admittedAs)
        }
    }

    /// Watches the listeners, and everything else, from now on.
    mutating func register(_ registry: PollRegistry) {
        self.registry = registry
        if !listeners.isEmpty { arena = StreamArena() }
        for index in listeners.indices {
            registry.watch(listeners[index].socket, tag: PollTag(.streamListener, index: UInt32(index)))
        }
    }

    /// The earliest moment at which ``expire(path:)`` has something to do.
    var nextDeadline: MonotonicTime? {
        let first = min(deadlines.first?.deadline ?? .distantFuture, resting ?? .distantFuture)
        let next = min(first, budgetLook ?? .distantFuture)
        return next < .distantFuture ? next : nil
    }

    /// Streams that are open.
    var count: Int { table.count }

    /// Takes the readiness of a listener or a connection.
    ///
    /// - Parameters:
    ///   - tag: of kind `.streamListener` or `.stream`, as it was given to `PollRegistry.watch`; one of a client
    ///     that is gone is ignored.
    ///   - events: `PollRegistry.input` and its siblings.
    mutating func handle(_ tag: PollTag, events: UInt32, path: inout some StreamReceiver & ~Copyable) {
        guard tag.kind == .stream else {
            if Int(tag.index) < listeners.count { accept(listeners[Int(tag.index)], path: &path) }
            return
        }
        guard let client = table.client(tag.index), client.pointee.phase != .closing else { return }
        if events & PollRegistry.output != 0 { unblock(client, path: &path) }
        if events & ~PollRegistry.output != 0 { read(client, path: &path) }
    }

    /// Ends what has waited too long, and listens again after a rest.
    mutating func expire(path: inout some StreamReceiver & ~Copyable) {
        let now = path.now
        if let until = resting, until <= now { setListening(true) }
        while let (due, index) = deadlines.first, due <= now {
            guard let client = table.client(atIndex: index) else {
                deadlines.remove(index)
                continue
            }
            let (deadline, end) = client.pointee.deadline(times)
            if deadline <= now {
                if end == .idle, path.holdsAllocation(client.pointee.route.fiveTuple) {
                    client.pointee.receivedAt = now
                } else {
                    finish(client, end, path: &path)
                    continue
                }
            }
            watchDeadline(of: client, now: now)
        }
        if let look = budgetLook, look <= now { keepBudget(path: &path) }
        if !closing.isEmpty { write(path: &path) }
    }

    /// Sets when the client is checked next: at its deadline, but early enough for deadlines that are set later.
    func nextLook(_ client: UnsafeMutablePointer<StreamClient>, now: MonotonicTime) -> MonotonicTime {
        min(client.pointee.deadline(times).0, now.advanced(byNanoseconds: times.shortest))
    }

    mutating func watchDeadline(of client: UnsafeMutablePointer<StreamClient>, now: MonotonicTime) {
        deadlines.set(StreamHandle.index(client.pointee.route.handle), to: nextLook(client, now: now))
    }

    /// Ends a client with this turn. Its input is still processed, and waiting output is written if there is room.
    mutating func finish(
        _ client: UnsafeMutablePointer<StreamClient>, _ end: StreamEnd,
        path: inout some StreamReceiver & ~Copyable
    ) {
        guard client.pointee.phase != .closing else { return }
        let route = client.pointee.route
        counters.count(end)
        client.pointee.phase = .closing
        deadlines.remove(StreamHandle.index(route.handle))
        closing.append(route.handle)
        // What it sent before it closed goes out before its relay socket does.
        path.flush()
        path.clientClosed(route.fiveTuple)
    }

    /// Closes the listeners and adopts nothing any more; clients stay.
    mutating func stopListening() {
        isTakingStreams = false
        for listener in listeners { Glibc.close(listener.socket) }
        listeners = []
        resting = nil
    }

    /// Closes everything.
    mutating func close(path: inout some StreamReceiver & ~Copyable) {
        stopListening()
        for handle in table.handles {
            if let client = table.client(handle) { finish(client, .draining, path: &path) }
        }
        write(path: &path)
    }
}
