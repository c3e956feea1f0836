/// CRC-32 as in ITU-T V.42: reflected, polynomial 0x04C11DB7 (RFC 8489 §14.7).
enum CRC32 {
    private static let table: InlineArray<256, UInt32> = InlineArray { index in
        var remainder = UInt32(index)
        for _ in 0..<8 {
            remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0xEDB8_8320 : remainder >> 1
        }
        return remainder
    }

    /// The state after more bytes; the first state and the last are inverted by the caller.
    static func update(_ state: UInt32, with byte: UInt8) -> UInt32 {
        state >> 8 ^ table[Int(UInt8(truncatingIfNeeded: state) ^ byte)]
    }
}
