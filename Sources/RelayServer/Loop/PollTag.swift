/// What a readiness event is about: the 64 bits that the kernel gives back with it.
///
/// The generation recognises an event of a socket that was closed earlier in the same batch, and whose place
/// another socket has taken since.
struct PollTag: BitwiseCopyable, Equatable {
    /// The part of a generation that a tag carries.
    static let generationMask: UInt32 = 0xFF_FFFF

    /// 8 bits of kind, 24 of generation, 32 of index.
    let bits: UInt64

    init(bits: UInt64) {
        self.bits = bits
    }

    /// - Parameters:
    ///   - rawKind: the kind of object that the event is for; each sort of loop has its own.
    ///   - generation: only its low 24 bits count.
    init(rawKind: UInt8, index: UInt32, generation: UInt32 = 0) {
        bits = UInt64(rawKind) << 56 | UInt64(generation & Self.generationMask) << 32 | UInt64(index)
    }

    @inline(__always)
    var rawKind: UInt8 { UInt8(truncatingIfNeeded: bits >> 56) }
    @inline(__always)
    var index: UInt32 { UInt32(truncatingIfNeeded: bits) }
    /// 24 bits.
    @inline(__always)
    var generation: UInt32 { UInt32(truncatingIfNeeded: bits >> 32) & Self.generationMask }
}
