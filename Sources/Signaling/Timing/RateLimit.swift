/// A token bucket in one integer (the generic cell rate algorithm of ITU-T I.371): `burst` events at once,
/// then one per `interval`.
package struct RateLimit: Sendable {
    /// The rate's parameters, kept once for all that share it.
    package struct Rule: Sendable {
        /// Nanoseconds between two events in the long run.
        let interval: Int64
        /// How far ahead of the even pace a sender may be, in nanoseconds.
        let tolerance: Int64

        /// - Parameters:
        ///   - perSecond: events a second, above 0.
        ///   - burst: events at once, at least 1.
        package init(perSecond: Double, burst: Int) {
            interval = max(1, Int64(1e9 / perSecond))
            tolerance = interval.multipliedReportingOverflow(by: Int64(max(1, burst) - 1)).partialValue
        }
    }

    /// When the next event would be due at an even pace.
    private var due: Int64 = .min

    /// A limit that nothing has been counted against.
    package init() {}

    /// True when one more event is allowed at `now`; it then counts.
    package mutating func allows(_ rule: Rule, at now: MonotonicTime) -> Bool {
        let start = max(due, now.nanoseconds)
        guard start - now.nanoseconds <= rule.tolerance else { return false }
        due = start + rule.interval
        return true
    }
}

/// How many messages one connection may send: over the rate they are refused one by one, at three times the
/// rate the connection is not worth keeping.
package struct MessageLimit: Sendable {
    /// The two rates, kept once for all connections.
    package struct Rules: Sendable {
        let polite: RateLimit.Rule
        let tolerated: RateLimit.Rule

        /// - Parameters:
        ///   - perSecond: messages a second, above 0.
        ///   - burst: messages at once, at least 1.
        package init(perSecond: Double, burst: Int) {
            polite = RateLimit.Rule(perSecond: perSecond, burst: burst)
            tolerated = RateLimit.Rule(perSecond: perSecond * 3, burst: burst * 3)
        }
    }

    /// What becomes of one message.
    package enum Verdict: Sendable {
        /// It is within the rate.
        case accept
        /// It is over the rate: answer with an error.
        case refuse
        /// It is over three times the rate: close the connection.
        case close
    }

    private var polite = RateLimit()
    private var tolerated = RateLimit()

    /// A limit that no message has been counted against.
    package init() {}

    /// Counts one message at `now` and says what becomes of it.
    package mutating func judge(_ rules: Rules, at now: MonotonicTime) -> Verdict {
        guard tolerated.allows(rules.tolerated, at: now) else { return .close }
        return polite.allows(rules.polite, at: now) ? .accept : .refuse
    }
}
