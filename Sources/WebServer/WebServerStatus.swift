import SessionLoops
package import Signaling
import Synchronization

/// What a running ``WebServer`` can be asked, from any thread.
package final class WebServerStatus: Sendable {
    let sessions: SessionServer
    private let draining = Atomic<Bool>(false)

    init(sessions: SessionServer) { self.sessions = sessions }

    /// It has been told to stop: it takes no more WebSockets and is not ready.
    package var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// How many live rooms there are.
    package var roomCount: Int { sessions.roomCount }

    /// At most so many live rooms.
    package func rooms(limit: Int) async -> [RoomSummary] { await sessions.rooms(limit: limit) }

    func startDraining() { draining.store(true, ordering: .relaxed) }
}
