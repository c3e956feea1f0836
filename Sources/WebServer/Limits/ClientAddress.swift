package import NIOCore
import STUN

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
        var bytes = [UInt8](repeating: 0, count: 16)
        let terminated = String(text)
        if inet_pton(AF_INET, terminated, &bytes) == 1 {
            self = .v4(bytes.withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self)) })
        } else if inet_pton(AF_INET6, terminated, &bytes) == 1 {
            self = bytes.withUnsafeBytes { ClientAddress(sixteenBytes: $0) }
        } else {
            return nil
        }
    }

    /// The address of a socket's peer. A Unix-domain peer is on this machine: `loopback`.
    package init(_ address: SocketAddress) {
        // Read by their offsets in `sockaddr_in` and `sockaddr_in6`: whose module the C structures belong to
        // depends on what else is imported.
        switch address {
        case .v4(let four):
            self = withUnsafeBytes(of: four.address) {
                .v4(UInt32(bigEndian: $0.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
            }
        case .v6(let six):
            self = withUnsafeBytes(of: six.address) {
                ClientAddress(sixteenBytes: UnsafeRawBufferPointer(rebasing: $0[8..<24]))
            }
        case .unixDomainSocket:
            self = .loopback
        }
    }

    /// Reads an IPv6 address in network byte order.
    private init(sixteenBytes bytes: UnsafeRawBufferPointer) {
        self.init(
            high: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
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

extension IPAddress {
    /// The address as the relay knows it.
    init(_ address: ClientAddress) {
        switch address {
        case .v4(let bits): self.init(v4: bits)
        case .v6(let high, let low): self.init(v6High: high, low: low)
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
