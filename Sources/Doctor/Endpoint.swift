import Addresses

/// Where something listens, or would.
struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    enum Transport: String, Sendable {
        case udp, tcp
    }

    let address: TransportAddress
    let transport: Transport
    /// Whether an IPv6 socket there takes IPv4 too, so that :: is every address of both families: the web server's
    /// does, the relay's does not.
    var isDualStack = false

    var description: String { "\(address)/\(transport.rawValue)" }

    /// Whether only one of the two can be open: the same port and transport, and an address in common.
    func excludes(_ other: Endpoint) -> Bool {
        transport == other.transport && address.port == other.address.port
            && (covers(other.address.ip) || other.covers(address.ip))
    }

    /// Whether what is sent to an address comes here.
    private func covers(_ address: IPAddress) -> Bool {
        let (own, address) = (self.address.ip.unmapped, address.unmapped)
        guard own.isUnspecified else { return own == address }
        return own.family == address.family || (isDualStack && own == .anyIPv6)
    }
}
