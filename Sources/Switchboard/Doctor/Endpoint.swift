import STUN

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
}
