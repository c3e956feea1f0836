package import Access
package import Pairing
package import Signaling

/// What the routes ask of the rest of the server. All closures may be called from any thread, at any rate.
package struct WebServices: Sendable {
    /// The pairing store; nil switches the pairing API off.
    package var pairing: (any PairingStore)?
    /// Decides which calls may be made.
    package var admission: any Admission
    /// At most so many live rooms.
    package var rooms: @Sendable (_ limit: Int) -> [RoomSummary]
    /// How many live rooms there are.
    package var roomCount: @Sendable () -> Int
    /// All metrics in the Prometheus text format 0.0.4.
    package var metricsText: @Sendable () -> String
    /// Whether the server is shutting down.
    package var isDraining: @Sendable () -> Bool
    /// The relay, and what clients are told of it.
    package var relay: RelayServices
    /// Who waits for an invitation to be accepted; closed when the server shuts down. Made from the store's events if it
    /// is not given.
    package var acceptNotices: AcceptNotices
    /// The pages and the client module; nil serves none.
    package var pages: WebPages?

    /// The defaults are those of a server without rooms, metrics and relay.
    package init(
        pairing: (any PairingStore)?, admission: any Admission = OpenAdmission(),
        rooms: @escaping @Sendable (_ limit: Int) -> [RoomSummary] = { _ in [] },
        roomCount: @escaping @Sendable () -> Int = { 0 },
        metricsText: @escaping @Sendable () -> String = { "" },
        isDraining: @escaping @Sendable () -> Bool = { false },
        relay: RelayServices = RelayServices(), pages: WebPages? = nil,
        acceptNotices: AcceptNotices? = nil
    ) {
        self.pairing = pairing
        self.admission = admission
        self.rooms = rooms
        self.roomCount = roomCount
        self.metricsText = metricsText
        self.isDraining = isDraining
        self.relay = relay
        self.pages = pages
        self.acceptNotices = acceptNotices ?? AcceptNotices(pairing?.events)
    }
}
