import Addresses
import CDatagrams
import Glibc

/// A socket address of either family in the kernel's layout, with its length.
///
/// A zone is not kept, so link-local clients are not answered.
struct SocketAddress: BitwiseCopyable {
    /// Enough for both families.
    static let capacity = socklen_t(DATAGRAM_ADDRESS_BYTES6)

    var storage = datagram_address()
    var byteCount = Self.capacity

    /// Empty, for the kernel to fill.
    init() {}

    @inline(__always)
    init(_ address: TransportAddress) {
        storage.port = address.port.bigEndian
        switch address.family {
        case .ipv4:
            storage.family = UInt16(AF_INET)
            storage.address4 = address.ip.v4Bits.bigEndian
            byteCount = socklen_t(DATAGRAM_ADDRESS_BYTES4)
        case .ipv6:
            storage.family = UInt16(AF_INET6)
            storage.high = address.ip.high.bigEndian
            storage.low = address.ip.low.bigEndian
        }
    }

    /// What the kernel has written; nil for another family.
    @inline(__always)
    static func transportAddress(_ storage: datagram_address) -> TransportAddress? {
        let port = UInt16(bigEndian: storage.port)
        switch Int32(storage.family) {
        case AF_INET: return .init(IPAddress(v4: UInt32(bigEndian: storage.address4)), port: port)
        case AF_INET6: return .init(IPAddress(networkHigh: storage.high, low: storage.low), port: port)
        default: return nil
        }
    }

    var transportAddress: TransportAddress? { Self.transportAddress(storage) }

    /// Gives a system call the address as it wants it.
    @inline(__always)
    mutating func withPointer<Result>(
        _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Result
    ) -> Result {
        withUnsafeMutablePointer(to: &storage) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &byteCount) }
        }
    }
}

extension IPAddress {
    /// An IPv6 address from its halves in network byte order.
    @inline(__always)
    init(networkHigh high: UInt64, low: UInt64) {
        self.init(v6High: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
    }
}
