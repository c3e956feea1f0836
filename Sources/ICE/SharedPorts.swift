import Addresses

/// The web server's ports as far as clients reach the relay through them.
package struct SharedPorts: Equatable, Sendable {
    package static let none = SharedPorts(host: "", plain: nil, tls: nil)

    /// Where the web server listens: an address or a name.
    package let host: String
    /// For TURN over TCP.
    package let plain: UInt16?
    /// For TURN over TLS; nil without a certificate.
    package let tls: UInt16?

    /// - Parameter host: where the web server listens: an address or a name.
    package init(host: String, plain: UInt16?, tls: UInt16?) {
        (self.host, self.plain, self.tls) = (host, plain, tls)
    }

    /// Whether a client that is told this name or address of the relay can reach the web server by it. It cannot if
    /// the web server listens only on loopback, as it usually does behind a proxy, or only on addresses of the
    /// other family.
    func serves(_ iceHost: String) -> Bool {
        let (own, told) = (IPAddress(host), IPAddress(iceHost))
        let isLocal = own?.isLoopback ?? (host == "localhost")
        if isLocal { return told?.isLoopback ?? (iceHost == "localhost") }
        guard let own, let told else { return true }
        // A socket for all IPv6 addresses takes IPv4 too.
        return own.family == told.family || own == .anyIPv6
    }
}
