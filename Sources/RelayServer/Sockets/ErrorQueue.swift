import Addresses
import CDatagrams
import Glibc

/// The network's report on a packet that a relay socket sent.
struct SocketError: BitwiseCopyable {
    /// ICMP type and code, those of ICMPv6 where the peer is an IPv6 one.
    let type: UInt8
    let code: UInt8
    /// The next hop's MTU if the packet was too big, else 0.
    let data: UInt32
    /// Where the packet was sent.
    let peer: TransportAddress
}

/// The error queue of a socket (ip(7), IP_RECVERR).
enum ErrorQueue {
    /// The oldest entry that is an ICMP error, or stands for one; nil at the end.
    ///
    /// - Parameter limit: entries looked at; counts down, so that a flood of errors leaves time for packets.
    static func next(_ socket: Int32, limit: inout Int) -> SocketError? {
        while limit > 0 {
            limit -= 1
            guard let error = read(socket) else {
                limit = 0
                return nil
            }
            if let known = error.known { return known }
        }
        return nil
    }

    /// One entry with the address its packet was sent to.
    private struct Entry {
        var error = datagram_error()
        var peer = datagram_address()
        var known: SocketError? {
            SocketAddress.transportAddress(peer).flatMap { SocketError(error, peer: $0) }
        }
    }

    /// - Returns: nil when the queue is empty.
    private static func read(_ socket: Int32) -> Entry? {
        var entry = Entry()
        var error = datagram_error()
        let isThere = withUnsafeTemporaryAllocation(byteCount: Int(DATAGRAM_CONTROL_BYTES), alignment: 16) {
            control in
            withUnsafeMutablePointer(to: &entry.peer) { peer in
                // There is no room for the packet itself, so it does not come along.
                var header = msghdr()
                header.msg_name = UnsafeMutableRawPointer(peer)
                header.msg_namelen = SocketAddress.capacity
                header.msg_control = control.baseAddress
                header.msg_controllen = control.count
                guard recvmsg(socket, &header, Int32(MSG_ERRQUEUE) | Int32(MSG_DONTWAIT)) >= 0 else {
                    return false
                }
                _ = datagram_read_error(&header, &error)
                return true
            }
        }
        entry.error = error
        return isThere ? entry : nil
    }
}

extension SocketError {
    /// Origins of an entry (linux/errqueue.h).
    private static let local: UInt8 = 1
    private static let icmp: UInt8 = 2
    private static let icmpv6: UInt8 = 3

    /// Nil where the entry is not about ICMP.
    init?(_ entry: datagram_error, peer: TransportAddress) {
        let isIPv4 = peer.family == .ipv4
        switch entry.origin {
        case Self.icmp, Self.icmpv6:
            let isTooBig = isIPv4 ? entry.type == 3 && entry.code == 4 : entry.type == 2
            self.init(
                type: entry.type, code: entry.code, data: isTooBig ? entry.information : 0, peer: peer)
        case Self.local where entry.number == UInt32(EMSGSIZE):
            // This host's own knowledge of the path says what the router would: fragmentation needed, packet too big.
            self.init(type: isIPv4 ? 3 : 2, code: isIPv4 ? 4 : 0, data: entry.information, peer: peer)
        default:
            return nil
        }
    }
}
