import Addresses
import RelayServer
import Settings
import WebServer

/// A port that the server will open, and the setting that says so.
struct PlannedPort: Hashable, Sendable {
    let setting: String
    let endpoint: Endpoint

    /// Whether it is the web server's.
    var isWeb: Bool { !setting.hasPrefix("RELAY") }

    /// `PORT 8080/tcp`, without the address.
    var inWords: String { "\(setting) \(endpoint.address.port)/\(endpoint.transport.rawValue)" }
}

extension SettingValues {
    /// Where the web server listens; empty where the kernel chooses the port or HOST cannot be looked up.
    func webEndpoints(_ resolve: (String) -> [IPAddress]) -> [Endpoint] {
        endpoints(port: self.web.port, resolve)
    }

    /// Where it listens for HTTPS; empty without a certificate.
    func httpsEndpoints(_ resolve: (String) -> [IPAddress]) -> [Endpoint] {
        self.certificate.chain == nil ? [] : endpoints(port: self.web.tlsPort, resolve)
    }

    private func endpoints(port: Int, _ resolve: (String) -> [IPAddress]) -> [Endpoint] {
        guard port != 0 else { return [] }
        // Of several addresses of a name the first is listened on.
        return resolve(self.web.host).prefix(1).map {
            Endpoint(
                address: TransportAddress($0, port: UInt16(clamping: port)), transport: .tcp,
                isDualStack: $0.family == .ipv6)
        }
    }

    /// Every port that is known before the start.
    func plannedPorts(_ machine: Machine, withRelay: Bool) -> [PlannedPort] {
        var web = webEndpoints(machine.resolve).map { PlannedPort(setting: "PORT", endpoint: $0) }
        web += httpsEndpoints(machine.resolve).map { PlannedPort(setting: "TLS_PORT", endpoint: $0) }
        guard withRelay else { return web }
        let relay = RelayServerConfiguration(self, hostAddresses: machine.addressesOfFamilies)
        let listeners: [(String, Endpoint.Transport, [TransportAddress])] = [
            ("RELAY_PORT", .udp, relay.udpListeners), ("RELAY_PORT", .tcp, relay.tcpListeners),
            ("RELAY_TLS_PORT", .tcp, relay.tlsListeners),
        ]
        return web
            + listeners.flatMap { setting, transport, addresses in
                addresses.filter { $0.port != 0 }.map {
                    PlannedPort(setting: setting, endpoint: Endpoint(address: $0, transport: transport))
                }
            }
    }
}
