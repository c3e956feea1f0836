/// The four bytes a client masks its payload with (RFC 6455 §5.3).
struct MaskingKey {
    /// The first byte of the key is the least significant one.
    private let word: UInt32

    init(_ byte0: UInt8, _ byte1: UInt8, _ byte2: UInt8, _ byte3: UInt8) {
        word = UInt32(byte0) | UInt32(byte1) << 8 | UInt32(byte2) << 16 | UInt32(byte3) << 24
    }

    /// The key that stands in `bytes` at `offset`.
    init(in bytes: UnsafeMutableRawBufferPointer, at offset: Int) {
        word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    /// Unmasks `bytes` in place, sixteen at a time. `position` is where they stand in the frame's payload.
    func apply(to bytes: UnsafeMutableRawBufferPointer, at position: Int) {
        let rotated = word.rotatedRight(by: UInt32(position & 3) * 8)
        let block = SIMD4<UInt32>(repeating: rotated.littleEndian)
        let blocksEnd = bytes.count & ~15
        var index = 0
        while index < blocksEnd {
            let value = bytes.loadUnaligned(fromByteOffset: index, as: SIMD4<UInt32>.self)
            bytes.storeBytes(of: value ^ block, toByteOffset: index, as: SIMD4<UInt32>.self)
            index &+= 16
        }
        var rest = rotated
        while index < bytes.count {
            bytes[index] ^= UInt8(truncatingIfNeeded: rest)
            rest = rest.rotatedRight(by: 8)
            index &+= 1
        }
    }
}

extension UInt32 {
    fileprivate func rotatedRight(by bits: UInt32) -> UInt32 {
        bits == 0 ? self : self >> bits | self << (32 - bits)
    }
}
