import Signaling
import Timing

/// Rooms and sessions on a stage: the clock is moved by hand, clients are played, there are no sockets and no threads.
///
/// It drives ``SessionRules``, ``RoomTable`` and ``OutboxLedger`` as a connection's handler does. Clients may be
/// put on different loops: what one loop has for a client of another waits until somebody wakes it.
final class Stage {
    /// What a test may want to be different.
    struct Settings {
        var messageRate = 50.0
        var messageBurst = 500
        var joinsPerMinute = 60
        var pingInterval = Duration.seconds(25)
        var pingTimeout = Duration.seconds(10)
        var writeTimeout = Duration.seconds(5)
        var maxOutboxBytes = 4_000
        var maxHeldBytes = 4_000
        var asksStore = false
        var iceServers: ICEServers?
    }

    let bounds: SessionBounds
    let outboxBound: OutboxBound
    let iceServers: ICEServers?
    var rooms = RoomTable<Int>(
        rules: .init(probeTimeout: .seconds(2), probeInterval: .seconds(10)))
    private(set) var now = MonotonicTime(nanoseconds: 1_000_000_000)
    /// Everybody who ever connected; the index is the handle by which rooms know it.
    private(set) var clients: [Client] = []
    /// Questions that the store has not answered.
    private(set) var questions: [(client: Client, room: LiveRoomID)] = []
    /// Clients of other loops than the one that had news for them.
    private(set) var sleeping: [Client] = []
    private var wakeUps: [Client] = []
    private var isWaking = false
    private var generator = SeededGenerator(seed: 1)

    init(_ change: (inout Settings) -> Void = { _ in }) {
        var settings = Settings()
        change(&settings)
        bounds = SessionBounds(
            messages: .init(perSecond: settings.messageRate, burst: settings.messageBurst),
            joins: .init(
                perSecond: Double(settings.joinsPerMinute) / 60, burst: settings.joinsPerMinute),
            liveness: .init(pingInterval: settings.pingInterval, pingTimeout: settings.pingTimeout),
            writeTimeout: settings.writeTimeout, maxHeldBytes: settings.maxHeldBytes,
            asksStore: settings.asksStore)
        outboxBound = OutboxBound(maxBytes: settings.maxOutboxBytes)
        iceServers = settings.iceServers
    }

    /// A new connection; `connected` is taken off what it gets.
    func connect(_ name: String, loop: Int = 0) -> Client {
        let client = Client(
            name, handle: clients.count, loop: loop, id: ClientID(using: &generator), stage: self)
        clients.append(client)
        client.open()
        return client
    }

    /// Two clients in one room, which have read the news of it.
    func pair(_ first: String = "a", _ second: String = "b", in room: String = "r") -> (Client, Client) {
        let pair = (connect(first), connect(second))
        pair.0.join(room)
        pair.1.join(room)
        _ = (pair.0.takeReceived(), pair.1.takeReceived())
        return pair
    }

    // MARK: Time

    /// Moves the clock, and has everybody look at what is due on the way.
    func pass(_ duration: Duration) {
        let end = now + duration
        while let next = clients.min(by: { $0.deadline < $1.deadline }), next.deadline <= end {
            now = max(now, next.deadline)
            next.deadlineReached()
        }
        now = end
    }

    /// The store answers its first question; nil when it cannot say.
    func storeAnswers(_ isPaired: Bool?) {
        let question = questions.removeFirst()
        question.client.authorized(question.room, isPaired)
    }

    func ask(_ client: Client, _ room: LiveRoomID) { questions.append((client, room)) }

    // MARK: Waking

    func wakeLater(_ client: Client) { wakeUps.append(client) }

    /// The end of an event on `loop`: its own clients are woken at once.
    func wakeAll(on loop: Int) {
        if isWaking { return }
        isWaking = true
        defer { isWaking = false }
        while let client = wakeUps.popLast() {
            if client.loop == loop { client.collectMail() } else { sleeping.append(client) }
        }
    }

    /// Another loop gets round to one of its clients.
    func wake(_ index: Int) {
        let client = sleeping.remove(at: index)
        wakeLater(client)
        client.endEvent()
    }

    func wakeSleeping() {
        while !sleeping.isEmpty { wake(0) }
    }
}

/// A generator whose numbers depend on nothing but its seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
