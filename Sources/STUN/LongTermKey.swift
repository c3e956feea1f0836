internal import Crypto

/// The key of a user's messages: MD5 or SHA-256 of user name, realm and password (RFC 8489 §9.2.2). Derive it once
/// and keep it; the password is not needed any more.
///
/// Names, realms and passwords are hashed as they are written. The OpaqueString profile (RFC 8265), which the RFC asks
/// for, leaves ASCII alone; for other text browsers and coturn's client apply no profile of their own, so applying one
/// here would break what works. Configure such text in Unicode's form C.
package struct LongTermKey: BitwiseCopyable, Sendable {
    package let algorithm: PasswordAlgorithm
    private let storage: InlineArray<32, UInt8>

    /// Derives a key.
    package init(username: String, realm: String, password: String, algorithm: PasswordAlgorithm) {
        let input = Array("\(username):\(realm):\(password)".utf8)
        self.algorithm = algorithm
        var storage = InlineArray<32, UInt8>(repeating: 0)
        switch algorithm {
        case .md5:
            for (position, byte) in zip(0..., Insecure.MD5.hash(data: input)) { storage[position] = byte }
        case .sha256: for (position, byte) in zip(0..., SHA256.hash(data: input)) { storage[position] = byte }
        }
        self.storage = storage
    }

    /// Bytes of the key: 16 or 32.
    package var byteCount: Int { algorithm == .md5 ? 16 : 32 }

    /// Gives the key's bytes to a function.
    package func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
        body(storage.span.bytes.extracting(first: byteCount))
    }
}
