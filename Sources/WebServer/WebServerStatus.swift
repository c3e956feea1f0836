package import Signaling
import Synchronization

/// What a running ``WebServer`` can be asked, from any thread.
package final class WebServerStatus: Sendable {
    let signaling: SignalingService
    private let draining = Atomic<Bool>(false)

    init(signaling: SignalingService) { self.signaling = signaling }

    /// It has been told to stop: it takes no more WebSockets and is not ready.
    package var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// How many live rooms there are.
    package var roomCount: Int { signaling.rooms.count }

    /// At most so many live rooms.
    package func rooms(limit: Int) -> [RoomSummary] { signaling.rooms.summaries(limit: limit) }

    func startDraining() { draining.store(true, ordering: .relaxed) }
}
