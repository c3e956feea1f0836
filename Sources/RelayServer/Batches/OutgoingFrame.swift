/// One packet on its way out: a header and a payload in memory that stays where it is until the next flush.
///
/// The header is a ChannelData header or the front of a Data indication; a peer gets bare payload. Where there was
/// room in front of the payload the header was written there and the two are one piece, `payload`.
struct OutgoingFrame: BitwiseCopyable {
    /// Room for the front of a Data indication with an IPv6 peer.
    static let headerCapacity = 48
    /// The longest payload.
    static let maxPayload = Int(UInt16.max)

    private let headerStart: UnsafeRawPointer
    private let payloadStart: UnsafeRawPointer
    private let payloadCount: UInt16
    private let headerCount: UInt8
    private let paddingCount: UInt8

    /// - Parameters:
    ///   - headerByteCount: at most `headerCapacity`; 0 where there is none or it is part of the payload.
    ///   - payloadByteCount: at most `maxPayload`.
    ///   - paddingByteCount: 0 to 3 zeros behind the payload: what the last attribute of a Data indication, or
    ///     ChannelData on a stream, needs to a multiple of four (RFC 8489 §14, RFC 8656 §12.5).
    @inline(__always)
    init(
        header: UnsafeRawPointer? = nil, headerByteCount: Int = 0, payload: UnsafeRawPointer,
        payloadByteCount: Int, paddingByteCount: Int = 0
    ) {
        headerStart = header ?? payload
        headerCount = UInt8(truncatingIfNeeded: headerByteCount)
        payloadStart = payload
        payloadCount = UInt16(truncatingIfNeeded: payloadByteCount)
        paddingCount = UInt8(truncatingIfNeeded: paddingByteCount)
    }

    /// Empty where the header is part of the payload, or there is none.
    @inline(__always)
    var header: UnsafeRawBufferPointer { .init(start: headerStart, count: Int(headerCount)) }
    @inline(__always)
    var payload: UnsafeRawBufferPointer { .init(start: payloadStart, count: Int(payloadCount)) }
    @inline(__always)
    var paddingByteCount: Int { Int(paddingCount) }
    /// All bytes on the wire.
    @inline(__always)
    var byteCount: Int { Int(headerCount) &+ Int(payloadCount) &+ Int(paddingCount) }
}
