import BigEndian
internal import Crypto

/// HMAC (RFC 2104) over a hash function with blocks of 64 bytes: SHA-1 and SHA-256.
///
/// swift-crypto has one too, which for each message copies the key four times into memory of its own; this one costs
/// a third of it, and the key stays where it is.
struct HMACCode<Hash: HashFunction> where Hash.Digest: DigestBytes {
    /// Bytes of a block: the longest key.
    static var maxKeyByteCount: Int { 64 }

    private var inner = Hash()
    private let outerKey: InlineArray<64, UInt8>

    /// Begins with a key of at most 64 bytes; more are not looked at.
    init(key: RawSpan) {
        var innerKey = InlineArray<64, UInt8>(repeating: 0x36)
        var outerKey = InlineArray<64, UInt8>(repeating: 0x5C)
        for offset in 0..<min(key.byteCount, Self.maxKeyByteCount) {
            innerKey[offset] ^= key.uint8(at: offset)
            outerKey[offset] ^= key.uint8(at: offset)
        }
        self.outerKey = outerKey
        update(innerKey.span.bytes)
    }

    /// Takes in more of the message.
    mutating func update(_ bytes: RawSpan) {
        bytes.withUnsafeBytes { inner.update(bufferPointer: $0) }
    }

    /// The code over all that was taken in.
    func finalize() -> Hash.Digest {
        var outer = Hash()
        outerKey.span.bytes.withUnsafeBytes { outer.update(bufferPointer: $0) }
        inner.finalize().withUnsafeBytes { outer.update(bufferPointer: $0) }
        return outer.finalize()
    }
}

/// What the digests of swift-crypto have in common, without the protocol of Foundation that says so.
protocol DigestBytes {
    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result
}

extension Insecure.SHA1Digest: DigestBytes {}
extension SHA256Digest: DigestBytes {}
