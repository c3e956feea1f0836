import BigEndian
internal import Crypto

/// The HMAC over a message (RFC 8489 §14.5 and §14.6).
package enum MessageIntegrity: BitwiseCopyable, Sendable {
    /// MESSAGE-INTEGRITY, 20 bytes.
    case sha1
    /// MESSAGE-INTEGRITY-SHA256, 32 bytes: TURN has no use for a truncated one.
    case sha256

    package var attributeType: AttributeType { self == .sha1 ? .messageIntegrity : .messageIntegritySHA256 }

    /// Bytes of the HMAC.
    package var byteCount: Int { self == .sha1 ? 20 : 32 }

    /// Whether the HMAC in an attribute that begins at an offset, found by ``MessageIndex``, is that of the message
    /// under a key. The time it takes does not depend on the HMAC's bytes.
    package func verify(_ bytes: RawSpan, at offset: Int, _ key: LongTermKey) -> Bool {
        key.withBytes { verify(bytes, at: offset, keyBytes: $0) }
    }

    /// The same with a key of any kind, at most 64 bytes.
    func verify(_ bytes: RawSpan, at offset: Int, keyBytes: RawSpan) -> Bool {
        let claimed = bytes.extracting(offset + 4..<offset + 4 + byteCount)
        return withCode(of: bytes, at: offset, keyBytes: keyBytes) { ConstantTime.equal($0, claimed) }
    }

    /// Gives the HMAC of a message up to an offset to a function, computed as if the message ended with the attribute
    /// that begins there.
    func withCode<Result>(
        of bytes: RawSpan, at offset: Int, keyBytes: RawSpan, _ body: (RawSpan) -> Result
    ) -> Result {
        switch self {
        case .sha1:
            var code = HMACCode<Insecure.SHA1>(key: keyBytes)
            update(&code, bytes, at: offset)
            return code.finalize().withUnsafeBytes { body($0.bytes) }
        case .sha256:
            var code = HMACCode<SHA256>(key: keyBytes)
            update(&code, bytes, at: offset)
            return code.finalize().withUnsafeBytes { body($0.bytes) }
        }
    }

    private func update<Hash>(_ code: inout HMACCode<Hash>, _ bytes: RawSpan, at offset: Int) {
        let length = UInt16(truncatingIfNeeded: offset - MessageHeader.byteCount + 4 + byteCount)
        let start = (UInt32(bytes.uint16(at: 0)) << 16 | UInt32(length)).bigEndian
        withUnsafeBytes(of: start) { code.update($0.bytes) }
        code.update(bytes.extracting(4..<offset))
    }
}
