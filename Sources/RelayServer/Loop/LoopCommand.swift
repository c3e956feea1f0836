import TURN

/// A request to a loop from another thread; done at its next turn.
enum LoopCommand: Sendable {
    /// End the allocations made with credentials of a room.
    case endRoom(RoomTag)
    /// Take over a connection that was accepted elsewhere.
    case adopt(AdoptedStream)
    /// Take no new clients: close the stream listeners. Allocations live on.
    case stopListening
    /// End everything and leave the thread.
    case stop
}
