import Glibc
import STUN

/// The addresses that this machine has now, as its kernel tells.
enum HostAddresses {
    /// Those of all interfaces that are up, loopback included, each once.
    static func all() -> [IPAddress] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return [] }
        defer { freeifaddrs(first) }
        var addresses: [IPAddress] = []
        var next = first
        while let entry = next?.pointee {
            next = entry.ifa_next
            guard let address = entry.ifa_addr, let ip = IPAddress(address), !addresses.contains(ip) else {
                continue
            }
            addresses.append(ip)
        }
        return addresses
    }

    /// The address from which this machine reaches the rest of the world: that of the default route, else the first
    /// that is neither loopback nor link-local, else loopback; nil for a family that the machine does not have.
    static func preferred(_ family: IPAddress.Family, of all: [IPAddress]) -> IPAddress? {
        let candidates = all.filter { $0.family == family }
        if let routed = ofDefaultRoute(family), candidates.contains(routed), !routed.isLoopback {
            return routed
        }
        return candidates.first { !$0.isLoopback && !$0.isLinkLocal } ?? candidates.first { $0.isLoopback }
    }

    /// The source address that the kernel chooses for an address far away; no packet is sent.
    private static func ofDefaultRoute(_ family: IPAddress.Family) -> IPAddress? {
        let domain = family == .ipv4 ? AF_INET : AF_INET6
        let descriptor = socket(domain, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard connect(descriptor, to: family) else { return nil }
        var name = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &name) { storage in
            storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getsockname(descriptor, address, &length) == 0 ? IPAddress(address) : nil
            }
        }
    }

    /// Connects a UDP socket to a public address; which one does not matter.
    private static func connect(_ descriptor: Int32, to family: IPAddress.Family) -> Bool {
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let far = family == .ipv4 ? "192.0.0.8" : "2001:4860:4860::8888"
        guard getaddrinfo(far, "9", &hints, &found) == 0, let info = found else { return false }
        defer { freeaddrinfo(found) }
        return Glibc.connect(descriptor, info.pointee.ai_addr, info.pointee.ai_addrlen) == 0
    }

    /// The addresses of a name, or the address itself; empty if it cannot be resolved. Blocks.
    static func resolve(_ host: String) -> [IPAddress] {
        if let address = IPAddress(host) { return [address] }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &found) == 0 else { return [] }
        defer { freeaddrinfo(found) }
        var addresses: [IPAddress] = []
        var next = found
        while let entry = next?.pointee {
            next = entry.ai_next
            if let address = entry.ai_addr, let ip = IPAddress(address), !addresses.contains(ip) {
                addresses.append(ip)
            }
        }
        return addresses
    }
}

extension IPAddress {
    /// fe80::/10 or 169.254.0.0/16.
    fileprivate var isLinkLocal: Bool {
        switch family {
        case .ipv4: v4Bits >> 16 == 0xA9FE
        case .ipv6: high >> 54 == 0x3FA
        }
    }

    /// Reads the address of a socket; nil for families that are neither IPv4 nor IPv6.
    fileprivate init?(_ address: UnsafePointer<sockaddr>) {
        // Offsets in `sockaddr_in` and `sockaddr_in6`.
        let bytes = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            self.init(v4: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
        case AF_INET6:
            self.init(
                v6High: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)))
        default:
            return nil
        }
    }
}
