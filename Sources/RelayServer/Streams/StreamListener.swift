import Addresses
import CDatagrams
import Glibc
import Loops
import TURN

/// A listening TCP socket of one loop, for plain TURN or for TLS.
struct StreamListener: BitwiseCopyable {
    /// The kernel bounds it by net.core.somaxconn, 4,096 as a rule.
    private static let backlog: Int32 = 4096

    let socket: Int32
    /// `.tcp` or `.tls`.
    let transport: ClientTransport
    /// Where it is bound, with the port that the kernel chose if none was asked for.
    let address: TransportAddress

    /// Binds, and listens as one of a group: each loop has its own socket and the kernel spreads connections.
    ///
    /// Connections inherit what is set here.
    ///
    /// - Parameter sharesPort: joins the SO_REUSEPORT group of the address.
    static func open(
        _ address: TransportAddress, transport: ClientTransport, sharesPort: Bool = true
    ) throws(RelayServerError) -> StreamListener {
        let isIPv6 = address.family == .ipv6
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = Glibc.socket(isIPv6 ? AF_INET6 : AF_INET, kind, 0)
        guard descriptor >= 0 else { throw .listener(address, errno: errno) }
        func set(_ level: Int32, _ option: Int32, _ value: Int32) {
            StreamSocket.set(descriptor, level, option, value)
        }
        set(SOL_SOCKET, SO_REUSEADDR, 1)
        if sharesPort { set(SOL_SOCKET, SO_REUSEPORT, 1) }
        if isIPv6 { set(Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
        StreamSocket.setOptions(descriptor)
        var local = SocketAddress(address)
        // A listener that was opened only to look must not take connections.
        guard local.withPointer({ bind(descriptor, $0, $1.pointee) }) == 0,
            !sharesPort || listen(descriptor, backlog) == 0,
            local.withPointer({ getsockname(descriptor, $0, $1) }) == 0, let bound = local.transportAddress
        else {
            let error = errno
            close(descriptor)
            throw .listener(address, errno: error)
        }
        return StreamListener(socket: descriptor, transport: transport, address: bound)
    }
}
