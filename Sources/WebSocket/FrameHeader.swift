/// The header of a frame that a server sends: final, unmasked, no extension bits (RFC 6455 §5.1, §5.2).
package enum FrameHeader {
    /// The longest header of an unmasked frame, in bytes.
    package static let maxLength = 10

    /// The header's length in bytes for a payload of `payloadLength` bytes.
    package static func length(forPayload payloadLength: Int) -> Int {
        payloadLength < 126 ? 2 : payloadLength <= 0xFFFF ? 4 : 10
    }

    /// Writes the header to the start of `target`, which must have room for `length(forPayload:)` bytes.
    /// - Returns: the number of bytes written.
    @discardableResult
    package static func write(
        _ opcode: Opcode, payloadLength: Int, to target: UnsafeMutableRawBufferPointer
    ) -> Int {
        target[0] = 0x80 | opcode.rawValue
        if payloadLength < 126 {
            target[1] = UInt8(truncatingIfNeeded: payloadLength)
            return 2
        }
        if payloadLength <= 0xFFFF {
            target[1] = 126
            target.storeBytes(
                of: UInt16(truncatingIfNeeded: payloadLength).bigEndian, toByteOffset: 2, as: UInt16.self)
            return 4
        }
        target[1] = 127
        target.storeBytes(of: UInt64(payloadLength).bigEndian, toByteOffset: 2, as: UInt64.self)
        return 10
    }
}
