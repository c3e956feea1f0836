import BigEndian

/// How a long-term key is made from a password (RFC 8489 §18.5).
package enum PasswordAlgorithm: UInt16, BitwiseCopyable, Sendable, CaseIterable {
    /// What every client can.
    case md5 = 0x0001
    case sha256 = 0x0002
}

/// PASSWORD-ALGORITHMS (RFC 8489 §14.11): what the server offers. It always offers both, the better one first, so the
/// value is a constant, and a client that echoes another one has been lied to (§9.2.4).
package enum PasswordAlgorithms {
    /// The value: SHA-256 and MD5, each a number and a length of parameters, which are none.
    package static let offered: UInt64 = 0x0002_0000_0001_0000
    /// Bytes of the value.
    package static let byteCount = 8

    /// Whether a client's attribute repeats what was offered. The range is that of its value within the bytes.
    package static func isOffered(_ bytes: RawSpan, _ range: Range<Int>) -> Bool {
        range.count == byteCount && bytes.uint64(at: range.lowerBound) == offered
    }
}
