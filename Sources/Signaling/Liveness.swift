/// Whether a connection is alive: silence is answered with a ping, a ping without an answer means death.
package struct Liveness: Sendable {
    package struct Rules: Sendable {
        let pingInterval: Int64
        let pingTimeout: Int64

        package init(pingInterval: Duration, pingTimeout: Duration) {
            self.pingInterval = pingInterval.wholeNanoseconds
            self.pingTimeout = pingTimeout.wholeNanoseconds
        }
    }

    package enum Action: Equatable, Sendable {
        case wait(until: MonotonicTime)
        case ping(thenWaitUntil: MonotonicTime)
        case dead
    }

    private var lastHeard: Int64
    /// When the unanswered ping was sent; nil when none is on its way.
    private var pinged: Int64?

    package init(now: MonotonicTime) { lastHeard = now.nanoseconds }

    /// Any frame counts as a sign of life.
    package mutating func heard(at now: MonotonicTime) {
        lastHeard = now.nanoseconds
        pinged = nil
    }

    /// What to do at `now`; to be asked again at the time it names.
    package mutating func check(_ rules: Rules, at now: MonotonicTime) -> Action {
        if let pinged {
            let deadline = pinged + rules.pingTimeout
            return now.nanoseconds >= deadline ? .dead : .wait(until: MonotonicTime(nanoseconds: deadline))
        }
        let due = lastHeard + rules.pingInterval
        guard now.nanoseconds >= due else { return .wait(until: MonotonicTime(nanoseconds: due)) }
        pinged = now.nanoseconds
        return .ping(thenWaitUntil: MonotonicTime(nanoseconds: now.nanoseconds + rules.pingTimeout))
    }
}
