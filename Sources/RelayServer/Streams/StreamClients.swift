import STUN
import TURN

/// The TCP and TLS clients of one loop: their listeners, connections, receive buffers and outboxes.
///
/// Owned by the loop beside its `PacketPath`; neither keeps a reference to the other. The loop calls `handle` for
/// events whose tag is of a stream kind; what it reads goes as whole frames to `PacketPath.clientFrame`, and what the
/// path has for stream clients comes through `append`, also from within that call.
struct StreamClients: ~Copyable {
    /// Reports the sockets of the listeners from now on.
    mutating func register(_ registry: PollRegistry) {}

    /// The earliest moment at which `expire` has something to do.
    var nextDeadline: Instant? { nil }

    /// Takes the readiness of a listener or a connection.
    ///
    /// - Parameters:
    ///   - tag: of kind `.streamListener` or `.stream`, as it was given to `PollRegistry.watch`; one whose generation
    ///     has passed is ignored.
    ///   - events: `PollRegistry.input` and its siblings.
    mutating func handle(_ tag: PollTag, events: UInt32, path: inout PacketPath) {}

    /// Adds a frame to a client's outbox, or drops it where the outbox is at its high-water mark. The bytes are valid
    /// until this returns.
    ///
    /// - Parameter handle: of the client's `ClientRoute`; one that is no longer there is ignored.
    mutating func append(_ handle: UInt32, _ frame: OutgoingFrame) {}

    /// Writes what the outboxes have got in this turn. Called once at the end of each turn.
    mutating func write(path: inout PacketPath) {}

    /// Ends what has waited too long.
    mutating func expire(path: inout PacketPath) {}

    /// Closes the listeners; clients stay.
    mutating func stopListening() {}

    /// Closes all connections.
    mutating func close(path: inout PacketPath) {}
}
