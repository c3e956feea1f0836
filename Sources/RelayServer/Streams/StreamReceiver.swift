import TURN
import Timing

/// What the stream clients call with their input: `PacketPath`, or a test's own receiver. It knows nothing of them.
protocol StreamReceiver: ~Copyable {
    /// The time of this turn.
    var now: MonotonicTime { get }
    /// What goes out to the stream clients: filled by the receiver, written and emptied by `StreamClients`.
    var outboxes: StreamOutboxes { get set }
    /// Takes a whole message, without ChannelData's padding. An answer goes into the client's outbox.
    ///
    /// The bytes stay where they are until the next `flush` and may be overwritten.
    mutating func relayFrame(_ frame: UnsafeMutableRawBufferPointer, from route: ClientRoute)
    /// The client is gone; so is its allocation.
    mutating func clientClosed(_ fiveTuple: FiveTuple)
    /// Whether the client has an allocation. Only then may it stay without sending anything.
    func holdsAllocation(_ fiveTuple: FiveTuple) -> Bool
    /// Sends the packets that refer to bytes given to `relayFrame`.
    mutating func flush()
}
