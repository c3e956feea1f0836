/// An IP address and a port, as plain bits: what a socket is bound to or a packet comes from.
@usableFromInline
package struct TransportAddress: Hashable, BitwiseCopyable, Sendable {
    @usableFromInline package let ip: IPAddress
    @usableFromInline package let port: UInt16

    @inlinable @inline(__always)
    package init(_ ip: IPAddress, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    @inlinable @inline(__always)
    package var family: IPAddress.Family { ip.family }

    /// With the IPv4 address that an IPv4-mapped one stands for.
    @inlinable
    package var unmapped: TransportAddress { TransportAddress(ip.unmapped, port: port) }
}

/// Written out, because what the compiler derives cannot be inlined into another target.
extension TransportAddress {
    @inlinable @inline(__always)
    package static func == (left: TransportAddress, right: TransportAddress) -> Bool {
        left.port == right.port && left.ip == right.ip
    }

    @inlinable
    package func hash(into hasher: inout Hasher) {
        hasher.combine(ip)
        hasher.combine(port)
    }
}

extension TransportAddress: CustomStringConvertible, LosslessStringConvertible {
    /// Reads `192.0.2.1:80` or `[2001:db8::1]:80`; the port is written out, 0 to 65535.
    @usableFromInline
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"),
            let port = Self.parsePort(text[text.index(after: colon)...])
        else {
            return nil
        }
        var host = text[..<colon]
        let isBracketed = host.first == "[" && host.last == "]" && host.count > 2
        if isBracketed { host = host.dropFirst().dropLast() }
        guard let ip = IPAddress(String(host)), isBracketed == (ip.family == .ipv6) else { return nil }
        self.init(ip, port: port)
    }

    private static func parsePort(_ digits: Substring) -> UInt16? {
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else {
            return nil
        }
        return UInt16(digits)
    }

    /// `192.0.2.1:80` or `[2001:db8::1]:80`.
    @usableFromInline
    package var description: String {
        family == .ipv4 ? "\(ip):\(port)" : "[\(ip)]:\(port)"
    }
}
