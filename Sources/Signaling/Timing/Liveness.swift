package import Timing

/// Whether a connection is alive: silence is answered with a ping, a ping without an answer means death.
package struct Liveness: Sendable {
    /// The times of pinging, in nanoseconds.
    package struct Rules: Sendable {
        let pingInterval: Int64
        let pingTimeout: Int64

        /// A ping after `pingInterval` of silence, death after `pingTimeout` more.
        package init(pingInterval: Duration, pingTimeout: Duration) {
            self.pingInterval = pingInterval.wholeNanoseconds
            self.pingTimeout = pingTimeout.wholeNanoseconds
        }
    }

    /// What to do about a connection.
    package enum Action: Equatable, Sendable {
        /// Nothing before the next deadline.
        case wait
        /// Send a ping; its time counts from now.
        case ping
        /// The ping had no answer in time.
        case dead
    }

    private var lastHeard: Int64
    /// When the unanswered ping was sent; nil when none is on its way.
    private var pinged: Int64?

    /// A connection that is alive at `now`.
    package init(now: MonotonicTime) { lastHeard = now.nanoseconds }

    /// Any frame counts as a sign of life.
    /// - Returns: true when it answers a ping, so that ``deadline(_:)`` may now be earlier.
    @discardableResult
    package mutating func heard(at now: MonotonicTime) -> Bool {
        lastHeard = now.nanoseconds
        guard pinged != nil else { return false }
        pinged = nil
        return true
    }

    /// When to ask ``check(_:at:)`` next.
    package func deadline(_ rules: Rules) -> MonotonicTime {
        MonotonicTime(nanoseconds: pinged.map { $0 + rules.pingTimeout } ?? lastHeard + rules.pingInterval)
    }

    /// What to do at `now`.
    package mutating func check(_ rules: Rules, at now: MonotonicTime) -> Action {
        guard now >= deadline(rules) else { return .wait }
        if pinged != nil { return .dead }
        pinged = now.nanoseconds
        return .ping
    }
}
