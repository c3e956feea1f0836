import Addresses
import NIOCore

extension IPAddress {
    /// The address of a socket's peer, unmapped, so that one client is one value on a socket of both families. A
    /// Unix-domain peer is on this machine: 127.0.0.1.
    init(_ address: SocketAddress) {
        // Read by their offsets in `sockaddr_in` and `sockaddr_in6`: whose module the C structures belong to
        // depends on what else is imported.
        switch address {
        case .v4(let four):
            self = withUnsafeBytes(of: four.address) {
                IPAddress(v4: UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
            }
        case .v6(let six):
            self = withUnsafeBytes(of: six.address) {
                IPAddress(
                    v6High: UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                    low: UInt64(bigEndian: $0.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
                ).unmapped
            }
        case .unixDomainSocket:
            self = .loopbackIPv4
        }
    }
}

extension TransportAddress {
    /// The address of a socket, unmapped; nil for a Unix-domain socket.
    init?(_ address: SocketAddress) {
        guard let port = address.port.flatMap({ UInt16(exactly: $0) }) else { return nil }
        self.init(IPAddress(address), port: port)
    }
}
