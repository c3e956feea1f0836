import Addresses
import CDatagrams
import Glibc

/// Makes UDP sockets as the relay needs them. A descriptor belongs to the caller.
enum DatagramSocket {
    /// Receive and send buffer of a listener: a burst of 2,000 packets while its loop is busy elsewhere.
    static let listenerBufferByteCount: Int32 = 4 << 20
    /// Receive and send buffer of a relay socket, which serves one allocation.
    static let relayBufferByteCount: Int32 = 256 << 10

    /// Opens a non-blocking socket of one family and binds it.
    ///
    /// - Parameters:
    ///   - sharesPort: joins the SO_REUSEPORT group of the address.
    ///   - receiveOffload: lets the kernel hand over runs of equal packets of one sender as one (UDP_GRO).
    /// - Returns: the descriptor, or the negative error number.
    static func open(
        _ address: TransportAddress, bufferByteCount: Int32, sharesPort: Bool = false, receiveOffload: Bool
    ) -> Int32 {
        let isIPv6 = address.family == .ipv6
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(isIPv6 ? AF_INET6 : AF_INET, kind, 0)
        guard descriptor >= 0 else { return -errno }
        set(descriptor, SOL_SOCKET, SO_RCVBUF, bufferByteCount)
        set(descriptor, SOL_SOCKET, SO_SNDBUF, bufferByteCount)
        if isIPv6 { set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 1) }
        if sharesPort { set(descriptor, SOL_SOCKET, SO_REUSEPORT, 1) }
        if receiveOffload {
            set(descriptor, Int32(IPPROTO_UDP), Int32(DATAGRAM_UDP_GRO), 1)
        }
        var local = SocketAddress(address)
        guard local.withPointer({ bind(descriptor, $0, $1.pointee) }) == 0 else {
            let error = errno
            close(descriptor)
            return -error
        }
        return descriptor
    }

    /// Where a socket is bound, with the port that the kernel chose.
    static func localAddress(_ descriptor: Int32) -> TransportAddress? {
        var address = SocketAddress()
        guard address.withPointer({ getsockname(descriptor, $0, $1) }) == 0 else { return nil }
        return address.transportAddress
    }

    /// The receive buffer that the kernel gave, which may be less than asked for (net.core.rmem_max).
    static func receiveBufferByteCount(_ descriptor: Int32) -> Int32 {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &value, &size)
        // The kernel doubles what was asked for, for its own bookkeeping (socket(7)).
        return value / 2
    }

    /// Has every packet say which address it was sent to: for sockets bound to all addresses.
    static func reportLocalAddress(_ descriptor: Int32, family: IPAddress.Family) {
        switch family {
        case .ipv4: set(descriptor, Int32(IPPROTO_IP), IP_PKTINFO, 1)
        case .ipv6: set(descriptor, Int32(IPPROTO_IPV6), IPV6_RECVPKTINFO, 1)
        }
    }

    /// Keeps what ICMP says about packets of this socket in its error queue (ip(7), IP_RECVERR).
    static func reportErrors(_ descriptor: Int32, family: IPAddress.Family) {
        switch family {
        case .ipv4: set(descriptor, Int32(IPPROTO_IP), IP_RECVERR, 1)
        case .ipv6: set(descriptor, Int32(IPPROTO_IPV6), IPV6_RECVERR, 1)
        }
    }

    /// Sets or clears the DF bit of what leaves by this socket (RFC 8656 §15).
    static func setDontFragment(_ descriptor: Int32, family: IPAddress.Family, _ on: Bool) {
        switch family {
        case .ipv4:
            set(
                descriptor, Int32(IPPROTO_IP), IP_MTU_DISCOVER,
                on ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT)
        case .ipv6:
            set(
                descriptor, Int32(IPPROTO_IPV6), IPV6_MTU_DISCOVER,
                on ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_DONT)
        }
    }

    @discardableResult
    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) -> Bool {
        var value = value
        return setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
    }
}
