package import NIOCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// An IPv4 or IPv6 address without port or zone. An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is the
/// IPv4 address that it carries, so that one client is one value on a dual-stack socket.
package enum ClientAddress: Hashable, Sendable {
    case v4(UInt32)
    case v6(high: UInt64, low: UInt64)

    /// 127.0.0.1, which also stands for the peer of a Unix-domain socket.
    package static let loopback = ClientAddress.v4(0x7F00_0001)

    /// The longest text of an address: eight groups of four digits with an IPv4 tail.
    private static let maxTextBytes = 45

    private init(high: UInt64, low: UInt64) {
        if high == 0, low >> 32 == 0xFFFF {
            self = .v4(UInt32(truncatingIfNeeded: low))
        } else {
            self = .v6(high: high, low: low)
        }
    }

    /// Reads an address in its textual form; nil for anything else. Neither port, nor brackets, nor zone.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Self.maxTextBytes, !text.utf8.contains(0) else { return nil }
        let terminated = String(text)
        var four = in_addr()
        if inet_pton(AF_INET, terminated, &four) == 1 {
            self = .v4(UInt32(bigEndian: four.s_addr))
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, terminated, &six) == 1 else { return nil }
        self = withUnsafeBytes(of: six) { ClientAddress(networkOrder: $0[...]) }
    }

    /// The address of a socket's peer. A Unix-domain peer is on this machine: `loopback`.
    package init(_ address: SocketAddress) {
        // Offsets of sin_addr and sin6_addr: the same on Linux and Darwin, and so is the byte order.
        switch address {
        case .v4(let four):
            self = withUnsafeBytes(of: four.address) { bytes in
                .v4(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
            }
        case .v6(let six):
            self = withUnsafeBytes(of: six.address) { ClientAddress(networkOrder: $0.dropFirst(8)) }
        case .unixDomainSocket: self = .loopback
        }
    }

    /// - Parameter bytes: at least 16, most significant first.
    private init(networkOrder bytes: Slice<UnsafeRawBufferPointer>) {
        func word(_ part: Slice<UnsafeRawBufferPointer>) -> UInt64 {
            part.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }
        self.init(high: word(bytes), low: word(bytes.dropFirst(8)))
    }

    /// Reads one element of `X-Forwarded-For`: an address, perhaps with port (`192.0.2.1:80`,
    /// `[2001:db8::1]:80`), brackets or zone. Nil for anything else, `unknown` included.
    package init?(forwardedHop text: some StringProtocol) {
        var hop = Substring(text)
        if hop.first == "[" {
            guard let end = hop.firstIndex(of: "]") else { return nil }
            let rest = hop[hop.index(after: end)...]
            guard rest.isEmpty || Self.isPort(rest) else { return nil }
            hop = hop[hop.index(after: hop.startIndex)..<end]
        } else if let colon = hop.firstIndex(of: ":"),
            hop[hop.index(after: colon)...].firstIndex(of: ":") == nil
        {
            guard Self.isPort(hop[colon...]) else { return nil }
            hop = hop[..<colon]
        }
        if let zone = hop.firstIndex(of: "%") { hop = hop[..<zone] }
        self.init(hop)
    }

    private static func isPort(_ text: Substring) -> Bool {
        guard text.first == ":" else { return false }
        return UInt16(text.dropFirst()) != nil && text.dropFirst().allSatisfy(\.isNumber)
    }

    /// 127.0.0.0/8 or ::1.
    package var isLoopback: Bool {
        switch self {
        case .v4(let bits): bits >> 24 == 127
        case .v6(let high, let low): high == 0 && low == 1
        }
    }

    /// What limits count this address as.
    package var key: AddressKey {
        switch self {
        case .v4(let bits): .v4(bits)
        case .v6(let high, _): .v6(prefix: high)
        }
    }
}

/// What every per-address limit counts by: an IPv4 address, or the first 64 bits of an IPv6 address,
/// because one household is given at least that many. Never logged.
package enum AddressKey: Hashable, Sendable {
    case v4(UInt32)
    case v6(prefix: UInt64)
    /// A socket whose peer is not known (any more). All of them share one count.
    case unknown
}
