package import Addresses
import CDatagrams
import Glibc

/// The processors that are online.
func onlineProcessors() -> Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }

/// The addresses of this host could not be read. This does not mean that there are none.
package struct HostAddressesError: Error, Equatable {
    /// Of the system, EMFILE for instance.
    package let errorNumber: Int32

    package init(errorNumber: Int32) {
        self.errorNumber = errorNumber
    }
}

/// The addresses of this host.
package enum HostAddresses {
    /// All addresses of its interfaces, without zones. Needs a descriptor for the moment.
    package static func all() throws(HostAddressesError) -> [IPAddress] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { throw HostAddressesError(errorNumber: errno) }
        defer { freeifaddrs(first) }
        var found: [IPAddress] = []
        var next = first
        while let entry = next {
            if let address = entry.pointee.ifa_addr.flatMap(ipAddress), !found.contains(address) {
                found.append(address)
            }
            next = entry.pointee.ifa_next
        }
        return found
    }

    /// The address to relay from when none is configured: the address of the default route's interface. Without a
    /// route it is the first address that is neither loopback nor link-local, and otherwise loopback. Nil if the
    /// host has no address of the family.
    package static func relayAddress(
        _ family: IPAddress.Family
    ) throws(HostAddressesError) -> IPAddress? {
        if let routed = try routedAddress(family) { return routed }
        let candidates = try all().filter { $0.family == family && !$0.isLinkLocal }
        return candidates.first { !$0.isLoopback } ?? candidates.first
    }

    /// The address that a packet to the wider network would leave from. Connecting a UDP socket sends nothing.
    private static func routedAddress(
        _ family: IPAddress.Family
    ) throws(HostAddressesError) -> IPAddress? {
        // Any global address does; these are of RIPE's anchors for measurements.
        let far =
            family == .ipv4
            ? IPAddress(v4: 0xC100_1303) : IPAddress(v6High: 0x2001_067C_02E8_0000, low: 1)
        let any: IPAddress = family == .ipv4 ? .anyIPv4 : .anyIPv6
        let descriptor = DatagramSocket.open(
            .init(any, port: 0), bufferByteCount: 4_096, receiveOffload: false)
        guard descriptor >= 0 else {
            // Of a family that the kernel does not have there is no socket, and no route.
            guard !Exhaustion.isTold(by: -descriptor) else {
                throw HostAddressesError(errorNumber: -descriptor)
            }
            return nil
        }
        defer { close(descriptor) }
        var destination = SocketAddress(TransportAddress(far, port: 443))
        guard destination.withPointer({ connect(descriptor, $0, $1.pointee) }) == 0 else { return nil }
        guard let ip = DatagramSocket.localAddress(descriptor)?.ip, !ip.isUnspecified, !ip.isLinkLocal else {
            return nil
        }
        return ip
    }

    private static func ipAddress(_ address: UnsafeMutablePointer<sockaddr>) -> IPAddress? {
        switch Int32(address.pointee.sa_family) {
        case AF_INET, AF_INET6:
            var copy = SocketAddress()
            let byteCount = Int32(address.pointee.sa_family) == AF_INET ? 16 : 28
            withUnsafeMutableBytes(of: &copy.storage) {
                $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: byteCount))
            }
            return copy.transportAddress?.ip
        default:
            return nil
        }
    }
}

extension IPAddress {
    /// 169.254.0.0/16 and fe80::/10.
    var isLinkLocal: Bool {
        family == .ipv4 ? v4Bits >> 16 == 0xA9FE : high >> 54 == 0x3FA
    }
}
