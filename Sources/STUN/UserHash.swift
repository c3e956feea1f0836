import BigEndian
internal import Crypto

/// USERHASH: SHA-256 of user name and realm, which hides the name from eavesdroppers (RFC 8489 §14.4).
package struct UserHash: Hashable, BitwiseCopyable, Sendable {
    /// Bytes of the hash.
    package static let byteCount = 32

    private let words: (UInt64, UInt64, UInt64, UInt64)

    /// The hash of a user; both as they stand in the messages' USERNAME and REALM.
    package init(username: String, realm: String) {
        var hash = SHA256()
        hash.update(data: Array("\(username):\(realm)".utf8))
        words = hash.finalize().withUnsafeBytes { Self.words($0.bytes, at: 0) }
    }

    /// The 32 bytes of an attribute's value, which must be there.
    init(reading bytes: RawSpan, at offset: Int) {
        words = Self.words(bytes, at: offset)
    }

    private static func words(_ bytes: RawSpan, at offset: Int) -> (UInt64, UInt64, UInt64, UInt64) {
        (
            bytes.uint64(at: offset), bytes.uint64(at: offset + 8), bytes.uint64(at: offset + 16),
            bytes.uint64(at: offset + 24)
        )
    }

    /// The hash's bytes.
    package var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
        }
    }

    package static func == (left: UserHash, right: UserHash) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
    }
}
