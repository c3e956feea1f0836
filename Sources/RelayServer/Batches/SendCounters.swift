/// What a `SendBatch` has done since it was made.
struct SendCounters: BitwiseCopyable, Sendable, Equatable {
    /// Packets the kernel took.
    var packets: UInt64 = 0
    /// System calls for them.
    var calls: UInt64 = 0
    /// Packets that left joined to others.
    var offloadedPackets: UInt64 = 0
    /// Packets dropped because the socket's send buffer was full.
    var bufferFull: UInt64 = 0
    /// Packets the kernel refused for another reason.
    var refused: UInt64 = 0
    /// Times that segmentation offload failed and a batch was sent singly.
    var offloadFailures: UInt64 = 0

    /// Takes back packets that were counted as sent: the socket's send buffer was full.
    mutating func overflow(_ count: UInt64) {
        packets &-= count
        bufferFull &+= count
    }

    /// Takes back packets that were counted as sent: the kernel refused them.
    mutating func refuse(_ count: UInt64) {
        packets &-= count
        refused &+= count
    }
}
