/// What a STUN message asks for: Binding (RFC 8489 §18.2) and the methods of TURN (RFC 8656 §17).
@usableFromInline
package enum Method: UInt16, BitwiseCopyable, Sendable, CaseIterable {
    case binding = 0x001
    case allocate = 0x003
    case refresh = 0x004
    case send = 0x006
    case data = 0x007
    case createPermission = 0x008
    case channelBind = 0x009
}

/// The class of a STUN message (RFC 8489 §5): its two bits in the message type.
@usableFromInline
package enum MessageClass: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    case request = 0b00
    case indication = 0b01
    case success = 0b10
    case error = 0b11
}
