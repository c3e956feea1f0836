/// Why a session ended; the raw value is the metric's `reason` label.
package enum SessionEnd: String, CaseIterable, Sendable {
    /// The client closed, with or without a close frame.
    case client
    /// A frame broke RFC 6455.
    case protocolError = "protocol_error"
    /// A message was too long.
    case tooBig = "message_too_big"
    /// A text message was not UTF-8.
    case invalidPayload = "invalid_payload"
    /// Three times the message rate, or more input than is kept for a held client.
    case flood
    /// No sign of life.
    case silent
    /// The seat was given to another member.
    case evicted
    /// The client reads too slowly.
    case slow
    /// The slowest while too much waited in the memory of the whole process.
    case memory
    /// The server is stopping.
    case draining

    /// The status code of the close frame (RFC 6455 §7.4); nil where the client's own is answered, or where no frame
    /// is sent.
    package var closeCode: UInt16? {
        switch self {
        case .client, .silent, .evicted: nil
        case .protocolError: 1002
        case .tooBig: 1009
        case .invalidPayload: 1007
        case .flood: 1008
        case .slow, .memory: 1013
        case .draining: 1001
        }
    }
}

/// How a session ends: the last frame to the client, and what becomes of its connection. The seat is given up and
/// the peer is told before that (``DepartureCause/disconnected``).
package struct Ending: Equatable, Sendable {
    /// The last frame.
    package enum Farewell: Equatable, Sendable {
        /// Nothing more is sent: the connection is dropped.
        case none
        /// A close frame behind all waiting output; without a code if the client gave none.
        case closeFrame(code: UInt16?)
    }

    /// The reason under which it is counted.
    package let reason: SessionEnd
    package let farewell: Farewell
    /// Waiting output is dropped, so that the close frame has room and is all that is left to write.
    package let discardsOutbox: Bool
    /// The client has sent its last frame, so the connection is closed as soon as the close frame has been written.
    /// Otherwise only the output is closed: bytes that still come in would make the kernel drop the close frame.
    package let isAnswer: Bool
    /// The socket was not read, because the client was held. It is read again until its end: new messages are
    /// ignored.
    package let readsAgain: Bool
}
