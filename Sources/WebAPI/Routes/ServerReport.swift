/// What the operator's pages tell of the running server. Asked from any thread, at any rate.
package protocol ServerReport: Sendable {
    /// Whether the server is shutting down.
    var isDraining: Bool { get }
    /// How many live rooms there are.
    var roomCount: Int { get }
    /// At most so many live rooms.
    func rooms(limit: Int) async -> [LiveRoom]
    /// All metrics in the Prometheus text format 0.0.4.
    func metricsText() -> String
}

/// A room with somebody in it, as `/rooms` shows it.
package struct LiveRoom: Equatable, Sendable {
    let id: String
    let memberCount: Int
    let isFull: Bool

    package init(id: String, memberCount: Int, isFull: Bool) {
        self.id = id
        self.memberCount = memberCount
        self.isFull = isFull
    }
}
