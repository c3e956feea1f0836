import Timing

/// Where an HTTP connection stands between its requests and their responses, and how long it may stay there.
struct HTTPExchange: Sendable {
    private enum Phase: Sendable {
        /// No request is open.
        case idle
        /// A request has begun and has not ended.
        case receiving
        /// Responses are awaited.
        case responding
        /// The last response is out, and the rest of its request is read only to be dropped.
        case lingering
    }

    /// A response that the client does not take in this time ends the connection.
    static let responseTimeout = Duration.seconds(30)

    private var phase = Phase.idle
    /// When it entered its present state.
    private(set) var since: MonotonicTime
    /// Requests whose head has been read and whose response has not been written to its end.
    private var unanswered = 0
    private var hasAnswered = false

    init(now: MonotonicTime) { since = now }

    /// True when every request has been answered and no other has begun.
    var isIdle: Bool {
        if case .idle = phase { return true }
        return false
    }

    /// True when every request that has begun has its response.
    var isAnswered: Bool { unanswered == 0 }

    /// When the time of the present state runs out.
    func deadline(_ policy: GatePolicy) -> MonotonicTime {
        switch phase {
        case .idle: since + (hasAnswered ? policy.idleTimeout : policy.handshakeTimeout)
        case .receiving: since + policy.requestTimeout
        case .responding: since + Self.responseTimeout
        case .lingering: since + GateRules.lingerTime
        }
    }

    /// The reason for closing the connection if its time runs out now.
    var timeout: ConnectionEnd {
        switch phase {
        case .idle: hasAnswered ? .idleTimeout : .handshakeTimeout
        case .receiving: .requestTimeout
        case .responding: .responseTimeout
        case .lingering: .lingerTimeout
        }
    }

    /// Bytes of a request came in.
    mutating func bytesArrived(at now: MonotonicTime) {
        guard isIdle else { return }
        phase = .receiving
        since = now
    }

    mutating func requestBegan() { unanswered += 1 }

    mutating func requestEnded(at now: MonotonicTime) {
        phase = unanswered == 0 ? .idle : .responding
        since = now
    }

    mutating func lingers(at now: MonotonicTime) {
        phase = .lingering
        since = now
    }

    /// - Parameter requestIsOpen: the request was answered before its end, which is still coming in.
    mutating func responseEnded(at now: MonotonicTime, requestIsOpen: Bool) {
        hasAnswered = true
        unanswered = max(0, unanswered - 1)
        phase = requestIsOpen ? .receiving : unanswered == 0 ? .idle : .responding
        since = now
    }
}
