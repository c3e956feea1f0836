import Signaling
import Testing
import Timing

/// A client and the server's end of its connection: bytes are frames in words, the socket takes them or does not.
final class Client {
    let name: String
    let handle: Int
    let loop: Int
    let id: ClientID
    let stage: Stage
    var rules: SessionRules
    var room: RoomHandle?
    var awaitedRoom: RoomHandle?
    /// When the stage is to look at it.
    var deadline = MonotonicTime.distantFuture
    /// What was sent and is not carried out yet: kept by the session, or not even read.
    var kept: [Input] = []
    var unread: [Input] = []
    var readsSocket = true
    /// Set when the connection is gone.
    private(set) var isGone = false
    private(set) var ends: [SessionEnd] = []
    private(set) var storeFailures = 0
    private(set) var mostBytesWaiting = 0
    private(set) var received: [String] = []
    private var ledger = OutboxLedger<Int>()
    private var isWoken = false
    private var outbox: [Output] = []
    private var socket: [Output] = []
    private var takesBytes = true
    private var outputIsClosed = false

    init(_ name: String, handle: Int, loop: Int, id: ClientID, stage: Stage) {
        self.name = name
        self.handle = handle
        self.loop = loop
        self.id = id
        self.stage = stage
        rules = SessionRules(Participant(id: id), now: stage.now)
    }

    func open() {
        post(Output(rules.greeting))
        schedule()
        stage.wakeAll(on: loop)
        #expect(takeReceived() == ["connected"])
    }

    // MARK: What the client does

    func send(_ inputs: Input...) { send(inputs) }

    func send(_ inputs: [Input]) {
        guard !isGone else { return }
        guard readsSocket, unread.isEmpty else { return unread += inputs }
        arrive(inputs)
        endEvent()
    }

    func join(_ room: String, device: String? = nil) {
        let device = device.map { #","deviceId":"\#($0)""# } ?? ""
        send(.json(#"{"type":"join_room","roomId":"\#(room)"\#(device)}"#))
    }

    func leave() { send(.json(#"{"type":"leave_room"}"#)) }

    /// Sends a candidate, padded to a size if need be.
    func offerCandidate(_ label: String, padding: Int = 0) {
        send(Self.candidate(label, padding: padding))
    }

    static func candidate(_ label: String, padding: Int = 0) -> Input {
        let pad = String(repeating: "x", count: padding)
        return .json(#"{"type":"ice_candidate","candidate":{"pad":"\#(pad)","candidate":"\#(label)"}}"#)
    }

    static let pingMessage = Input.json(#"{"type":"ping"}"#)

    /// What it got since the last time.
    func takeReceived() -> [String] {
        defer { received = [] }
        return received
    }

    /// The connection is cut.
    func die() {
        guard !isGone else { return }
        closed()
        endEvent()
    }

    /// It closes its direction. The kernel's bytes come in before their end does, also for a client that is held.
    func finish() {
        guard !isGone else { return }
        let rest = unread
        unread = []
        if !rest.isEmpty { arrive(rest) }
        if !isGone { perform(rules.inputEnded()) }
        endEvent()
    }

    /// From now on it takes nothing from its socket.
    func stallSocket() { takesBytes = false }

    /// It takes the first frames that wait in its socket.
    func takeFromSocket(_ count: Int) {
        received += socket.prefix(count).map(\.words)
        socket.removeFirst(min(count, socket.count))
        if socket.isEmpty { becomesWritable() }
    }

    /// It takes everything again.
    func unstallSocket() {
        takesBytes = true
        takeFromSocket(socket.count)
    }

    private func becomesWritable() {
        guard !isGone else { return }
        stage.wakeLater(self)
        endEvent()
    }

    // MARK: The connection

    var isWritable: Bool { socket.isEmpty }
    var bytesWaiting: Int { socket.reduce(0) { $0 + $1.byteCount } }
    private var bytesInOutbox: Int { outbox.reduce(0) { $0 + $1.byteCount } }

    /// Ends an event: wakes who has news, and reads what came while the socket was not read.
    func endEvent() {
        stage.wakeAll(on: loop)
        #expect(isGone || readsSocket == rules.readsSocket)
        for client in stage.clients where client.loop == loop && client.readsSocket && !client.isGone {
            let inputs = client.unread
            client.unread = []
            guard !inputs.isEmpty else { continue }
            client.arrive(inputs)
            client.endEvent()
        }
    }

    func hangUp() {
        guard !isGone else { return }
        received.append("gone")
        closed()
    }

    func halfClose() { outputIsClosed = true }

    private func closed() {
        guard !isGone else { return }
        isGone = true
        switch rules.disconnected() {
        case .nothing: return
        case .depart: break
        case .departUnannounced(let reason): count(reason)
        }
        leaveRooms(.disconnected)
        release(ledger.close())
        outbox = []
        deadline = .distantFuture
        stage.wakeAll(on: loop)
    }

    func count(_ reason: SessionEnd) { ends.append(reason) }
    func countStoreFailure() { storeFailures += 1 }

    // MARK: The outbox

    /// Posts a frame; only the owner of a message that is forwarded is named.
    @discardableResult
    func post(_ output: Output, from sender: Int? = nil) -> Delivery {
        switch ledger.admit(output.byteCount, behind: bytesInOutbox, stage.outboxBound) {
        case .drop: return .dropped
        case .overflow:
            wakeLater()
            return .dropped
        case .take: outbox.append(output)
        }
        mostBytesWaiting = max(mostBytesWaiting, bytesInOutbox)
        wakeLater()
        guard let sender else { return .posted }
        let (delivery, released) = ledger.posted(from: sender, waiting: bytesInOutbox, stage.outboxBound)
        release(released)
        return delivery
    }

    func signal(_ signals: SessionSignals) {
        if ledger.signal(signals) { wakeLater() }
    }

    private func release(_ sender: Int?) {
        if let sender { stage.clients[sender].signal(.peerCaughtUp) }
    }

    private func wakeLater() {
        if isWoken { return }
        isWoken = true
        stage.wakeLater(self)
    }

    func collectMail() {
        guard !isGone else { return }
        isWoken = false
        var signals = ledger.takeSignals()
        if isWritable {
            rules.socketIsFree()
            release(ledger.emptied())
            let frames = outbox
            outbox = []
            if rules.mayWrite(signals, hasLostSeat: { hasLostSeat }) { write(frames) }
        }
        while let signal = signals.popFirst() {
            perform(
                rules.act(
                    on: signal, at: stage.now, hasLostSeat: { hasLostSeat }, isWaiting: { isWaiting }))
        }
        if !isWritable { perform(rules.socketIsFull(at: stage.now) { bytesWaiting }) }
    }

    private func write(_ frames: [Output]) {
        #expect(frames.isEmpty || !outputIsClosed, "written behind the close frame")
        if takesBytes { received += frames.map(\.words) } else { socket += frames }
    }

    func flushLastFrames(_ close: Output, discardingOutbox: Bool) {
        if discardingOutbox || ledger.hasOverflowed {
            outbox = []
            ledger.discarded()
        }
        post(close)
        let frames = outbox
        outbox = []
        release(ledger.emptied())
        release(ledger.close())
        write(frames)
    }

    private var hasLostSeat: Bool { room.map { !stage.rooms.isSeated(handle, in: $0) } ?? false }
    private var isWaiting: Bool { awaitedRoom.map { stage.rooms.isWaiting(handle, in: $0) } ?? false }
}
