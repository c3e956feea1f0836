import Addresses
package import WebServer

/// The web server's ports as far as clients reach the relay through them.
package struct SharedPorts: Equatable, Sendable {
    static let none = SharedPorts(host: "", plain: nil, tls: nil)

    /// Where the web server listens: an address or a name.
    let host: String
    /// For TURN over TCP.
    let plain: UInt16?
    /// For TURN over TLS; nil without a certificate.
    let tls: UInt16?

    init(host: String, plain: UInt16?, tls: UInt16?) {
        (self.host, self.plain, self.tls) = (host, plain, tls)
    }

    /// Those that are known before anything listens.
    package init(_ values: SettingValues) {
        let hasCertificate = values[Settings.tlsCert] != nil
        self.init(values, plain: values[Settings.port], tls: hasCertificate ? values[Settings.tlsPort] : nil)
    }

    /// Those that were bound.
    package init(_ values: SettingValues, _ ports: WebServer.Ports) {
        self.init(values, plain: ports.plain, tls: ports.tls)
    }

    private init(_ values: SettingValues, plain: Int, tls: Int?) {
        guard values[Settings.relaySharePorts] else {
            self = .none
            return
        }
        func known(_ port: Int?) -> UInt16? { port.flatMap { $0 > 0 ? UInt16(exactly: $0) : nil } }
        self.init(host: values[Settings.host], plain: known(plain), tls: known(tls))
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
