package import Timing

/// The bounds and times of sessions, the same for all of them.
package struct SessionBounds: Sendable {
    /// A client has this long to take a close frame and to answer it.
    package static let lingerTime = Duration.seconds(2)
    /// A hold ends after this time, whatever its reason, and starts again if necessary.
    package static let maxHold = Duration.seconds(10)

    /// How many messages a client may send.
    package var messages: MessageLimit.Rules
    /// How many joins.
    package var joins: RateLimit.Rule
    /// When a client is pinged, and when it is dead.
    package var liveness: Liveness.Rules
    /// A client whose socket takes nothing for this long, with something to take, is too slow.
    package var writeTimeout: Duration
    /// The most bytes that are kept of what a held client has sent.
    package var maxHeldBytes: Int
    /// Whether the store is asked which rooms may be joined.
    package var asksStore: Bool

    package init(
        messages: MessageLimit.Rules, joins: RateLimit.Rule, liveness: Liveness.Rules,
        writeTimeout: Duration, maxHeldBytes: Int, asksStore: Bool
    ) {
        self.messages = messages
        self.joins = joins
        self.liveness = liveness
        self.writeTimeout = writeTimeout
        self.maxHeldBytes = maxHeldBytes
        self.asksStore = asksStore
    }
}
