import Addresses

/// A keyed hash of addresses and the words beside them, for tables. Without the seed, an attacker cannot choose
/// addresses that collide.
///
/// Each step multiplies two words to 128 bits and folds them, as wyhash does; 32 bits come out.
struct AddressHash: BitwiseCopyable, Sendable {
    private let s0: UInt64
    private let s1: UInt64
    private let s2: UInt64
    private let s3: UInt64

    init(seed: (UInt64, UInt64, UInt64, UInt64)) {
        // A factor of zero would swallow the other word.
        (s0, s1, s2, s3) = (seed.0 | 1, seed.1 | 1, seed.2 | 1, seed.3 | 1)
    }

    @inline(__always)
    private func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let product = a.multipliedFullWidth(by: b)
        return product.high ^ product.low
    }

    @inline(__always)
    private func finish(_ word: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: fold(word ^ s3, 0x9E37_79B9_7F4A_7C15))
    }

    @inline(__always)
    func hash(_ tuple: FiveTuple) -> UInt32 {
        let ports =
            UInt64(tuple.client.port) << 48 | UInt64(tuple.server.port) << 32
            | UInt64(tuple.transport.rawValue) << 8 | UInt64(tuple.client.ip.family.rawValue)
        let client = fold(tuple.client.ip.high ^ s0, tuple.client.ip.low ^ s1)
        let server = fold(tuple.server.ip.high ^ s1, tuple.server.ip.low ^ s2)
        return finish(client ^ fold(ports ^ s2, server ^ s0))
    }

    /// Of a peer's address as one allocation sees it; port 0 for the address alone.
    @inline(__always)
    func hash(allocation: UInt32, ip: IPAddress, port: UInt16) -> UInt32 {
        let place = UInt64(allocation) << 24 | UInt64(port) << 8 | UInt64(ip.family.rawValue)
        return finish(fold(ip.high ^ s0, ip.low ^ s1) ^ fold(place ^ s2, s0))
    }

    @inline(__always)
    func hash(allocation: UInt32, channel: UInt16) -> UInt32 {
        finish(fold((UInt64(allocation) << 16 | UInt64(channel)) ^ s0, s1))
    }

    @inline(__always)
    func hash(_ words: (UInt64, UInt64)) -> UInt32 {
        finish(fold(words.0 ^ s1, words.1 ^ s0))
    }
}
