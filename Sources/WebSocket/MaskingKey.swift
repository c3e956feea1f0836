/// The four bytes a client masks its payload with (RFC 6455 §5.3).
struct MaskingKey {
    /// The first byte of the key is the least significant one.
    private let word: UInt32

    init(_ byte0: UInt8, _ byte1: UInt8, _ byte2: UInt8, _ byte3: UInt8) {
        word = UInt32(byte0) | UInt32(byte1) << 8 | UInt32(byte2) << 16 | UInt32(byte3) << 24
    }

    /// Unmasks `bytes` in place, eight at a time. `position` is where they stand in the frame's payload.
    func apply(to bytes: UnsafeMutableRawBufferPointer, at position: Int) {
        let rotated = word.rotatedRight(by: UInt32(position & 3) * 8)
        let pair = (UInt64(rotated) << 32 | UInt64(rotated)).littleEndian
        var index = 0
        while index + 8 <= bytes.count {
            let value = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            bytes.storeBytes(of: value ^ pair, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        var rest = rotated
        while index < bytes.count {
            bytes[index] ^= UInt8(truncatingIfNeeded: rest)
            rest = rest.rotatedRight(by: 8)
            index += 1
        }
    }
}

extension UInt32 {
    fileprivate func rotatedRight(by bits: UInt32) -> UInt32 {
        bits == 0 ? self : self >> bits | self << (32 - bits)
    }
}
