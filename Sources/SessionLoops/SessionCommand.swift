import Signaling

/// A request to a loop from another thread; done at its next turn.
///
/// How many there may be is bounded by the connections: each is in one parcel, has asked one question of the store, and
/// has one visitor.
enum SessionCommand: Sendable {
    /// Take over a connection.
    case take(SessionParcel)
    /// The store has answered whether a client's room may be joined.
    case authorized(client: UInt32, LiveRoomID, isPaired: Bool?)

    // Between loops, about a seat for a client that has one already: see `SessionLoop+Visits.swift`.

    /// A client of another loop asks for a seat here.
    case ask(SeatRequest)
    /// The answer.
    case answer(client: UInt32, serial: UInt64, SeatAnswer)
    /// News for a client whose visitor waits on another loop.
    case tell(client: UInt32, serial: UInt64, SessionSignals)
    /// A client no longer wants the seat that its visitor waits for or has.
    case dismiss(visitor: UInt32, serial: UInt64)

    // From the rest of the server.

    /// Tell of at most so many rooms.
    case listRooms(limit: Int, @Sendable ([RoomSummary]) -> Void)
    /// Close all sessions with 1001, evenly spread over this time.
    case drain(Duration)
    /// End everything and leave the thread.
    case stop
}

/// A request for a seat in a room of another loop.
struct SeatRequest: Sendable {
    let request: JoinRequest
    /// The client's loop, its handle there, and the number of its question.
    let loop: Int
    let client: UInt32
    let serial: UInt64
    /// Its name, for its credentials.
    let id: ClientID
    /// Who stands for it here, if it has asked before.
    let visitor: UInt32?
}

/// The answer to a ``SeatRequest``.
struct SeatAnswer: Sendable {
    let loop: Int
    let result: JoinResult
    /// Who stands for the client there; nil if the room is full.
    let visitor: UInt32?
}
