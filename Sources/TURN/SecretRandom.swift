internal import Crypto

/// Random numbers that cannot be guessed without the seed: HMAC-SHA256 of a counter.
///
/// The seed comes from the system's generator when a loop is started; tests choose the seed and get the same
/// numbers again.
package struct SecretRandom: RandomNumberGenerator, Sendable {
    private let key: SymmetricKey
    private var counter: UInt64 = 0
    private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    private var left = 0

    /// A generator from 32 bytes of the system's randomness.
    package init() { key = SymmetricKey(size: .bits256) }

    /// The generator that belongs to a seed, for tests.
    package init(seed: UInt64) {
        key = SymmetricKey(data: withUnsafeBytes(of: seed.bigEndian) { SHA256.hash(data: $0) })
    }

    package mutating func next() -> UInt64 {
        if left == 0 { refill() }
        left -= 1
        switch left {
        case 3: return words.0
        case 2: return words.1
        case 1: return words.2
        default: return words.3
        }
    }

    private mutating func refill() {
        let input = counter.bigEndian
        counter &+= 1
        let code = withUnsafeBytes(of: input) { HMAC<SHA256>.authenticationCode(for: $0, using: key) }
        code.withUnsafeBytes { bytes in
            words = (
                bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
                bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)
            )
        }
        left = 4
    }
}
