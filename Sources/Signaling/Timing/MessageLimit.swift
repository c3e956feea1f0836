package import Timing

/// How many messages one connection may send. Over the rate they are refused one by one; at three times the rate
/// the connection is closed.
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

    /// The verdict on one message.
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

    /// Counts one message at `now` and returns the verdict.
    package mutating func judge(_ rules: Rules, at now: MonotonicTime) -> Verdict {
        guard tolerated.allows(rules.tolerated, at: now) else { return .close }
        return polite.allows(rules.polite, at: now) ? .accept : .refuse
    }
}
