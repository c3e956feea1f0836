/// The next action of a connection's owner, after it has reported an event to ``GateRules``. It looks at
/// ``GateRules/deadline(_:)`` again once there is nothing more to do.
package enum GateAction: Equatable, Sendable {
    case nothing
    /// Drop so many of the held bytes.
    case skip(byteCount: Int)
    /// Pass so many of the held bytes on to HTTP, which is installed for the first of them. Before that the names of
    /// header fields at these offsets are overwritten, so that the decoder does not know them. `isLast`: the
    /// connection ends with the answer to this request.
    case feed(byteCount: Int, hiding: [Range<Int>] = [], isLast: Bool = false)
    /// A handshake is acceptable: take its head off the held bytes, see whether there is room for a session, and say
    /// so: ``GateRules/admitted(_:at:)``.
    case admit(AcceptableHandshake)
    /// Begin a session behind the gate with the response of the handshake, and give it all bytes that are held.
    case openSession
    /// Send this answer, end the output, and drop what is held.
    case refuse(Handshake.Refusal)
    /// Drop what is held; another has sent the last answer.
    case linger
    /// Read nothing more from the socket.
    case stopReading
    /// Look at the held bytes again (``GateRules/next(_:at:_:isTrustedProxy:)``), then ask
    /// ``GateRules/caughtUp()``.
    case resume
    /// Read from the socket again.
    case readAgain
    /// Tell what stands behind the gate that the client has ended its direction.
    case passOnEnd
    /// Give the socket and all bytes that are held to the relay.
    case handOver
    /// Close after the answer to the open request, or now if there is none.
    case closeWhenIdle
    /// Close the connection.
    case close
    /// Close the connection, and count why.
    case end(ConnectionEnd)
}

/// A WebSocket handshake that could be accepted.
package struct AcceptableHandshake: Equatable, Sendable {
    /// The bytes of its head, blank line included.
    package let byteCount: Int
    /// The response that accepts it.
    package let response: [UInt8]
    /// Who is asking, as far as the head tells.
    package let provenance: RequestProvenance
}

/// Whether there is room for one more session.
package enum SessionAdmission: Sendable {
    case granted
    /// The server is about to stop.
    case draining
    /// The client's address has too many connections, or opens them too fast.
    case tooManyConnections
}

/// What becomes of bytes that arrive.
package enum GateInput: Sendable {
    /// They are held behind the others, and looked at.
    case held
    /// They are a session's.
    case session
    /// They are dropped.
    case dropped
}
