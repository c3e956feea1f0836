import STUN

/// A UDP socket that clients speak to; each loop has its own of each address.
struct UDPListener: BitwiseCopyable {
    /// Addresses a loop listens on at most.
    static let maxCount = 16

    var descriptor: Int32 = -1
    /// As it is bound, with the port that the kernel gave.
    var address = TransportAddress(.anyIPv4, port: 0)

    /// Bound to all addresses: each packet says which was used, and answers leave from it.
    @inline(__always)
    var isWildcard: Bool { address.ip.isUnspecified }
}
