import Addresses
import Backlog
import Glibc
import Loops
import Signaling
import Timing

/// One thread's sessions: their connections, their rooms, their memory.
///
/// A room belongs to the loop that its id says, and with it its members and those that wait for a seat. So nothing is
/// shared for a message: no lock, no queue. What crosses threads are commands (``SessionCommand``).
///
/// A struct used through `inout` from one place: written as a class, its message path would pay for exclusivity checks.
/// A turn reads every client that is ready once, and carries its messages out where they lie. What that makes for clients
/// is collected in their outboxes and leaves at the end of the turn (``settle()``), in one call for each client.
///
/// Pointers to clients stay good until the turn ends: places are emptied in ``settle()`` only.
struct SessionLoop: ThreadLoop, ~Copyable {
    /// How often deadlines and memory are looked at, and counters reported.
    static let tickNanoseconds = 200_000_000
    /// Clients that may wait for the end of the turn with output: more would take outboxes out of the caches.
    private static let maxListed = 48

    let number: Int
    let settings: SessionSettings
    let services: SessionServices
    /// What other threads see of all loops by number, of this one among them.
    let handles: [SessionLoopHandle]
    let tally: SessionTally
    private let poller: Poller
    private var ticker: Ticker
    private var isRunning = true

    var registry: PollRegistry { poller.registry }
    var table = StreamTable<SessionClient>()
    var rooms: RoomTable<UInt32>
    var memory: StreamMemory
    var buffers: SessionBuffers
    /// By place in the table.
    var deadlines = DeadlineTable()
    var counters = SessionCounters()
    /// What this loop's clients hold of the process's memory.
    var share: BufferShare
    /// Clients that hold more than a little memory.
    var buffering: [UInt32] = []
    /// When the bytes at hand were read, or the turn began.
    var now = Clock.now()
    /// Clients with output or signals.
    var listed: [UInt32] = []
    /// One of them has so much output that it had better leave at once.
    var hasMuch = false
    /// Clients whose connection has ended, and those that move to another loop.
    var gone: [UInt32] = []
    var leaving: [UInt32] = []
    /// Room for encoding one message of the server's.
    var scratch: [UInt8] = []
    var generator = SystemRandomNumberGenerator()
    /// The number of the last question to another loop.
    var lastSerial: UInt64 = 0
    /// Sessions that come from now on close at once.
    var isDraining = false

    init(
        number: Int, settings: SessionSettings, services: SessionServices, handles: [SessionLoopHandle],
        tally: SessionTally, budget: BufferBudget, poller: consuming Poller, ticker: consuming Ticker
    ) {
        self.number = number
        self.settings = settings
        self.services = services
        self.handles = handles
        self.tally = tally
        rooms = RoomTable(
            rules: .init(probeTimeout: settings.probeTimeout, probeInterval: settings.probeInterval))
        // What waits, what was offered before it, and the last frame.
        memory = StreamMemory(largestBytes: 2 * settings.outboxBound.maxBytes + (64 << 10))
        buffers = SessionBuffers(maxMessageBytes: settings.maxMessageBytes)
        share = BufferShare(of: budget)
        poller.registry.watch(ticker.descriptor, tag: PollTag(.ticker, index: 0))
        poller.registry.watch(
            handles[number].queue.descriptor, tag: PollTag(.queue, index: 0),
            events: PollRegistry.edgeTriggeredInput)
        self.poller = poller
        self.ticker = ticker
    }

    var threadName: String { "sessions-\(number)" }

    /// Serves until it is told to stop; closes all connections then.
    mutating func run() {
        while isRunning { turn() }
        closeAll()
    }

    /// Waits until something happens, and does all of it.
    ///
    /// - Parameter milliseconds: waits no longer; -1 without end.
    mutating func turn(waiting milliseconds: Int32 = -1) {
        let count = poller.wait(milliseconds: milliseconds)
        now = Clock.now()
        // Commands first: what another loop sent came before what clients send now.
        for index in 0..<count where poller.event(index).tag.sessionKind == .queue { carryOutCommands() }
        var hasTicked = false
        for index in 0..<count {
            let (tag, events) = poller.event(index)
            switch tag.sessionKind {
            case .client:
                handle(tag.index, events: events)
                settleIfMuch()
            case .ticker: hasTicked = true
            case .queue, nil: break
            }
        }
        if hasTicked { tick() }
        settle()
    }

    /// Between two clients' events: sends what has piled up.
    @inline(__always)
    private mutating func settleIfMuch() {
        if listed.count >= Self.maxListed { settle() } else if hasMuch { sendMuch() }
    }

    // MARK: Commands

    private mutating func carryOutCommands() {
        for command in handles[number].queue.take() {
            carryOut(command)
            settleIfMuch()
        }
    }

    private mutating func carryOut(_ command: SessionCommand) {
        switch command {
        case .take(let parcel): take(parcel)
        case .authorized(let handle, let room, let isPaired):
            guard let client = table.client(handle), !client.pointee.isGone else { return }
            now = Clock.now()
            perform(client.pointee.rules.authorized(room, isPaired), client)
        case .ask(let request): answer(request)
        case .answer(let handle, let serial, let answer): answered(handle, serial, answer)
        case .tell(let handle, let serial, let signals): told(handle, serial, signals)
        case .dismiss(let visitor, let serial): dismissed(visitor, serial)
        case .listRooms(let limit, let reply): reply(rooms.summaries(limit: limit))
        case .drain(let spread): drain(over: spread)
        case .stop: isRunning = false
        }
    }

    // MARK: Time

    private mutating func tick() {
        ticker.acknowledge()
        fireDeadlines()
        keepBudget()
        report()
        if table.count == 0 { ticker.stop() }
    }

    private mutating func report() {
        guard !counters.isEmpty else { return }
        services.report(counters)
        counters = SessionCounters()
    }

    // MARK: The table

    /// Gives a client a place and watches its socket; nil, having given it up, if there is none.
    mutating func insert(_ client: consuming SessionClient) -> UnsafeMutablePointer<SessionClient>? {
        let address = client.address
        let isVisitor = client.isVisitor
        guard let handle = table.nextHandle() else {
            if !isVisitor { closed(address) }
            return nil
        }
        client.handle = handle
        client.isListed = false
        client.isBuffering = false
        client.interest = client.wantedInterest
        let (socket, interest) = (client.socket, client.interest)
        table.insert(client)
        guard let place = table.client(handle) else { return nil }
        guard isVisitor || registry.watch(socket, tag: PollTag(.client, index: handle), events: interest)
        else {
            table.remove(handle)
            closed(address)
            return nil
        }
        ticker.start()
        return place
    }

    /// Has the poller report what is to be reported of a client now.
    mutating func updateInterest(_ client: UnsafeMutablePointer<SessionClient>) {
        let wanted = client.pointee.wantedInterest
        guard wanted != client.pointee.interest, !client.pointee.isGone else { return }
        client.pointee.interest = wanted
        registry.change(
            client.pointee.socket, tag: PollTag(.client, index: client.pointee.handle), events: wanted)
    }

    /// A connection is no longer one of the server's.
    mutating func closed(_ address: AddressKey?) {
        tally.closed()
        services.ended(address)
    }

    /// Ends everything: other loops' commands that come from now on find nobody.
    mutating func closeAll() {
        now = Clock.now()
        for handle in table.handles {
            if let client = table.client(handle) { hangUp(client) }
        }
        settle()
        for command in handles[number].queue.close() {
            switch command {
            case .listRooms(_, let reply): reply([])
            case .take(let parcel):
                if let client = parcel.take() { closed(client.address) }
            case .authorized, .ask, .answer, .tell, .dismiss, .drain, .stop: break
            }
        }
        report()
    }
}

extension PollTag {
    /// The kind of object that an event of a session loop is for.
    enum SessionKind: UInt8 {
        /// A connection; the index is its handle.
        case client
        case queue
        case ticker
    }

    init(_ kind: SessionKind, index: UInt32) { self.init(rawKind: kind.rawValue, index: index) }

    var sessionKind: SessionKind? { SessionKind(rawValue: rawKind) }
}
