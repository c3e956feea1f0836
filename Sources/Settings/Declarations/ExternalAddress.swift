import Addresses

/// What a NAT makes of a relay address (coturn's `external-ip`).
package struct ExternalAddress: Equatable, Sendable {
    /// An address or a name, looked up at the start.
    let publicHost: String
    /// The relay address behind it; nil stands for the only one of its family.
    let privateAddress: IPAddress?

    /// Reads `public` or `public/private`; the public part may be a name.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let host = parts.first, host.isHost, parts.count <= 2 else { return nil }
        publicHost = host
        if parts.count == 2 {
            guard let address = IPAddress(parts[1]), !address.isUnspecified else { return nil }
            privateAddress = address
        } else {
            privateAddress = nil
        }
    }
}
