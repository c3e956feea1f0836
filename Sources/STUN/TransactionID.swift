/// The 96 bits by which a response finds its request (RFC 8489 §5).
@usableFromInline
package struct TransactionID: Hashable, BitwiseCopyable, Sendable {
    /// The first 32 bits.
    @usableFromInline package let high: UInt32
    /// The last 64 bits.
    @usableFromInline package let low: UInt64

    @inlinable @inline(__always)
    package init(high: UInt32, low: UInt64) {
        self.high = high
        self.low = low
    }
}
