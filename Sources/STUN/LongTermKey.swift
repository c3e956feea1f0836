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
        case .md5: Self.copy(Insecure.MD5.hash(data: input).withUnsafeBytes { Array($0) }, to: &storage)
        case .sha256: Self.copy(SHA256.hash(data: input).withUnsafeBytes { Array($0) }, to: &storage)
        }
        self.storage = storage
    }

    private static func copy(_ digest: [UInt8], to storage: inout InlineArray<32, UInt8>) {
        for position in digest.indices { storage[position] = digest[position] }
    }

    /// Bytes of the key: 16 or 32.
    package var byteCount: Int { algorithm == .md5 ? 16 : 32 }

    /// Gives the key's bytes to a function.
    package func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
        body(storage.span.bytes.extracting(first: byteCount))
    }
}
