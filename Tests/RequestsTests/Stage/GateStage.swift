import Requests
import Testing
import Timing

/// One connection's gate on a stage: the clock is moved by hand, bytes are texts, there is no socket.
///
/// It drives ``GateRules`` as a channel's handler does. What happens is told in lines: what HTTP and sessions get, what
/// is answered, how it ends. In these lines `|` is a line's end of HTTP.
final class GateStage {
    /// What a test may want to be different.
    struct Settings {
        var policy = GatePolicy()
        var isSecure = false
        var redirectPort: Int?
        var isDraining = false
        var hasTooManyConnections = false
        var isTrustedProxy = false
        var hasAgreedOnSTUN = false
        var socketHasTakenAll = true
        /// HTTP answers each request as soon as it has its end, but for the last.
        var answersAtOnce = false
        /// The lines tell when the socket is read and when not.
        var tellsOfReading = true
    }

    var settings: Settings
    private(set) var now = MonotonicTime(nanoseconds: 1_000_000_000)
    private(set) var rules: GateRules
    /// Bytes that the gate holds, and bytes that the client has sent and nobody has read.
    private(set) var held: [UInt8] = []
    private(set) var unread: [UInt8] = []
    private(set) var readsSocket = true
    private(set) var isOpen = true
    /// The relay has it, and reads what comes.
    private(set) var isHandedOver = false
    private(set) var mostHeld = 0
    /// HTTP as it would read what it gets; nil before it has a byte.
    private(set) var http: PlayedHTTP?
    private var lines: [String] = []
    /// What HTTP or the session got since the last line, and whether the connection ends with the answer.
    private var passedOn: (to: String, bytes: [UInt8], isLast: Bool)?
    private var inputIsOver = false
    /// The connection ends with the next answer.
    private(set) var answersLast = false

    init(_ change: (inout Settings) -> Void = { _ in }) {
        var settings = Settings()
        change(&settings)
        self.settings = settings
        rules = GateRules(isSecure: settings.isSecure, redirectPort: settings.redirectPort, now: now)
    }

    /// Takes what has happened since the last time.
    func takeLines() -> [String] {
        tellPassedOn()
        defer { lines = [] }
        return lines
    }

    /// The deadline, from now on; nil where nothing is waited for.
    var timeLeft: Duration? {
        let deadline = rules.deadline(settings.policy)
        return deadline == .distantFuture ? nil : deadline - now
    }

    // MARK: The client

    /// The client sends a text, which is read in one piece if the socket is read.
    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        if isHandedOver { return passOn(to: "relay", bytes) }
        guard isOpen else { return }
        unread += bytes
        readSocket()
    }

    /// The client ends its direction.
    func finish() {
        guard isOpen, !inputIsOver else { return }
        // The kernel's buffer is read to its end.
        arrive()
        inputIsOver = true
        if isOpen { perform(rules.inputEnded()) }
    }

    private func readSocket() {
        if readsSocket, isOpen { arrive() }
    }

    private func arrive() {
        let bytes = unread
        unread = []
        guard !bytes.isEmpty else { return }
        switch rules.input {
        case .session: return passOn(to: "session", bytes)
        case .dropped: return tell("dropped")
        case .held: break
        }
        held += bytes
        if rules.isSilent {
            rules.began(with: bytes[0], settings.policy, hasAgreedOnSTUN: settings.hasAgreedOnSTUN)
            socketChanged()
        }
        advance()
        mostHeld = max(mostHeld, held.count)
    }

    // MARK: The server

    /// HTTP writes the whole answer to the request that it has, or to what it cannot read.
    func answer() {
        guard isOpen else { return }
        http?.answers += 1
        rules.responseEnded(at: now, requestIsOpen: http?.isWithinRequest ?? false)
        guard answersLast else { return perform(rules.answered()) }
        tell("HTTP closes")
        end()
    }

    func pass(_ duration: Duration) {
        let end = now + duration
        while isOpen, rules.deadline(settings.policy) <= end {
            now = max(now, rules.deadline(settings.policy))
            perform(rules.due(at: now, settings.policy))
        }
        now = end
    }

    func socketChanged() {
        if rules.isHandingOver { perform(rules.socketChanged(hasTakenAll: settings.socketHasTakenAll)) }
    }

    func drain(atOnce: Bool = false) { perform(rules.drain(atOnce: atOnce)) }
    func refuseByTLS() { perform(rules.refusedByTLS(at: now)) }
    func closeAsSlowest() { perform(rules.isSlowest()) }
    func httpLingers() { rules.lingers(at: now) }

    private func advance() {
        while true {
            let action = held.withUnsafeBytes { bytes in
                rules.next(bytes, at: now, settings.policy) { settings.isTrustedProxy }
            }
            if case .nothing = action { return }
            perform(action)
        }
    }

    private func perform(_ action: GateAction) {
        guard isOpen else {
            return #expect(action == .nothing || action == .close, "after the end: \(action)")
        }
        switch action {
        case .nothing: return
        case .skip(let byteCount): held.removeFirst(byteCount)
        case .feed(let byteCount, let hidden, let isLast): feed(byteCount, hidden, isLast)
        case .admit(let handshake):
            held.removeFirst(handshake.byteCount)
            let isFull = settings.hasTooManyConnections
            perform(
                rules.admitted(
                    settings.isDraining ? .draining : isFull ? .tooManyConnections : .granted, at: now))
        case .openSession:
            tell("open session")
            passOn(to: "session", takeHeld())
        case .refuse(let refusal):
            tell(
                "refuse "
                    + ([refusal.status.prefix(3) + " " + refusal.id] + refusal.fields).joined(separator: ", ")
            )
            held = []
        case .linger:
            tell("linger")
            held = []
        case .stopReading:
            readsSocket = false
            if settings.tellsOfReading { tell("stop reading") }
        case .resume:
            advance()
            perform(rules.caughtUp())
        case .readAgain:
            readsSocket = true
            if settings.tellsOfReading { tell("read again") }
            readSocket()
        case .passOnEnd: tell("end of input")
        case .handOver:
            tell("hand over")
            passOn(to: "relay", takeHeld())
            isHandedOver = true
            end()
        case .closeWhenIdle: tell("close when idle")
        case .close:
            tell("close")
            end()
        case .end(let reason):
            tell("close, \(reason.rawValue)")
            end()
        }
    }

    private func end() {
        isOpen = false
        held = []
        rules.disconnected()
    }

    private func feed(_ byteCount: Int, _ hidden: [Range<Int>], _ isLast: Bool) {
        for name in hidden { held.replaceSubrange(name, with: Array("x-noted".utf8)) }
        let bytes = Array(held.prefix(byteCount))
        held.removeFirst(byteCount)
        passOn(to: "HTTP", bytes, isLast: isLast)
        answersLast = answersLast || isLast
        var decoder = http ?? PlayedHTTP()
        #expect(decoder.waiting <= 0 || answersLast, "HTTP has a request that is not answered")
        for event in decoder.take(bytes) {
            switch event {
            case .begin: rules.requestBegan()
            case .end: rules.requestEnded(at: now)
            }
        }
        http = decoder
        #expect(decoder.waiting <= 0 || decoder.restCount == 0 || answersLast, "HTTP has more than a request")
        // A request is a line of its own.
        if !decoder.isWithinRequest, decoder.restCount == 0, !answersLast { tellPassedOn() }
        if settings.answersAtOnce, decoder.waiting > 0, !answersLast { answer() }
    }

    private func takeHeld() -> [UInt8] {
        defer { held = [] }
        return held
    }

    // MARK: Telling

    private func passOn(to receiver: String, _ bytes: [UInt8], isLast: Bool = false) {
        if bytes.isEmpty { return }
        if passedOn?.to != receiver { tellPassedOn() }
        let before = passedOn ?? (receiver, [], false)
        passedOn = (receiver, before.bytes + bytes, before.isLast || isLast)
    }

    private func tellPassedOn() {
        guard let passedOn else { return }
        self.passedOn = nil
        let text = String(decoding: passedOn.bytes, as: UTF8.self).replacing("\r\n", with: "|")
        lines.append("\(passedOn.to): \(text)\(passedOn.isLast ? " (last)" : "")")
    }

    private func tell(_ line: String) {
        tellPassedOn()
        lines.append(line)
    }
}
