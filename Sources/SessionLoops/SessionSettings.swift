package import Addresses
package import Signaling

/// What all sessions have in common.
package struct SessionSettings: Sendable {
    /// Of client messages.
    package var rules: SignalingRules
    /// Bounds and times.
    package var bounds: SessionBounds
    /// How many bytes may wait for a client.
    package var outboxBound: OutboxBound
    /// A message over all its fragments.
    package var maxMessageBytes: Int
    package var probeTimeout: Duration
    package var probeInterval: Duration

    package init(
        rules: SignalingRules, bounds: SessionBounds, outboxBound: OutboxBound, maxMessageBytes: Int,
        probeTimeout: Duration, probeInterval: Duration
    ) {
        self.rules = rules
        self.bounds = bounds
        self.outboxBound = outboxBound
        self.maxMessageBytes = maxMessageBytes
        self.probeTimeout = probeTimeout
        self.probeInterval = probeInterval
    }
}

/// What sessions ask of the rest of the server. All of it is called on the loops' threads and must not block.
package struct SessionServices: Sendable {
    /// The ICE servers for a member of a room; nil when there are none to tell of.
    package var iceServers: @Sendable (_ room: String, _ member: String) -> ICEServers?
    /// Asks whether a room may be joined. The answer, nil when that cannot be found out, may come from any thread.
    package var askStore:
        @Sendable (_ room: LiveRoomID, _ answer: @escaping @Sendable (Bool?) -> Void) -> Void
    /// Takes what a loop has counted; with each tick in which something has happened.
    package var report: @Sendable (SessionCounters) -> Void
    /// A connection that was adopted is gone.
    package var ended: @Sendable (_ address: AddressKey?) -> Void

    package init(
        iceServers: @escaping @Sendable (_ room: String, _ member: String) -> ICEServers? = { _, _ in nil },
        askStore:
            @escaping @Sendable (_ room: LiveRoomID, _ answer: @escaping @Sendable (Bool?) -> Void) -> Void =
            {
                $1(true)
            },
        report: @escaping @Sendable (SessionCounters) -> Void = { _ in },
        ended: @escaping @Sendable (_ address: AddressKey?) -> Void = { _ in }
    ) {
        self.iceServers = iceServers
        self.askStore = askStore
        self.report = report
        self.ended = ended
    }
}
