internal import Crypto

/// HMAC-SHA256 (RFC 2104) under one key. The work that depends only on the key is done once, because strangers make
/// the server compute one HMAC for each of their packets.
struct NonceKey: Sendable {
    private let inner: SHA256
    private let outer: SHA256

    /// A key of 32 bytes.
    init(_ key: SymmetricKey) {
        func begun(_ padding: UInt8) -> SHA256 {
            var block = [UInt8](repeating: padding, count: SHA256.blockByteCount)
            key.withUnsafeBytes { bytes in for offset in bytes.indices { block[offset] ^= bytes[offset] } }
            var hash = SHA256()
            block.withUnsafeBytes { hash.update(bufferPointer: $0) }
            return hash
        }
        inner = begun(0x36)
        outer = begun(0x5C)
    }

    /// The first 64 bits of the code of four words.
    func code(_ words: (UInt64, UInt64, UInt64, UInt64)) -> UInt64 {
        var message = inner
        let bigEndian = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
        withUnsafeBytes(of: bigEndian) { message.update(bufferPointer: $0) }
        var code = outer
        message.finalize().withUnsafeBytes { code.update(bufferPointer: $0) }
        return code.finalize().withUnsafeBytes { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
    }
}
