/// What a readiness event is about: the 64 bits that the kernel gives back with it.
///
/// The generation recognises an event of a socket that was closed earlier in the same batch, and whose place
/// another socket has taken since.
@usableFromInline
package struct PollTag: BitwiseCopyable, Equatable {
    /// The part of a generation that a tag carries.
    @inlinable package static var generationMask: UInt32 { 0xFF_FFFF }

    /// 8 bits of kind, 24 of generation, 32 of index.
    @usableFromInline package let bits: UInt64

    /// The tag of an event.
    @inlinable
    package init(bits: UInt64) {
        self.bits = bits
    }

    /// - Parameters:
    ///   - rawKind: the kind of object that the event is for; each sort of loop has its own.
    ///   - generation: only its low 24 bits count.
    @inlinable
    package init(rawKind: UInt8, index: UInt32, generation: UInt32 = 0) {
        bits = UInt64(rawKind) << 56 | UInt64(generation & Self.generationMask) << 32 | UInt64(index)
    }

    /// The kind, as it was given.
    @inlinable package var rawKind: UInt8 { UInt8(truncatingIfNeeded: bits >> 56) }
    /// The index, as it was given.
    @inlinable package var index: UInt32 { UInt32(truncatingIfNeeded: bits) }
    /// 24 bits.
    @inlinable package var generation: UInt32 { UInt32(truncatingIfNeeded: bits >> 32) & Self.generationMask }
}
