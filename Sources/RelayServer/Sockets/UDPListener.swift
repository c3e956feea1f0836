import Addresses
import Glibc

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

/// The listeners of a loop, which owns them.
struct UDPListenerTable: ~Copyable {
    private let entries: UnsafeMutablePointer<UDPListener>
    let count: Int

    /// - Parameter listeners: at most `UDPListener.maxCount`.
    init(_ listeners: [UDPListener]) {
        count = listeners.count
        entries = .allocate(capacity: max(1, count))
        for (index, listener) in listeners.enumerated() { (entries + index).initialize(to: listener) }
    }

    deinit {
        for index in 0..<count { close(entries[index].descriptor) }
        entries.deallocate()
    }

    /// A listener by its number, which comes from a poll tag or a route of ours.
    @inline(__always)
    subscript(index: Int) -> UDPListener {
        unsafeAddress {
            precondition(index < count)
            return UnsafePointer(entries + index)
        }
    }
}
