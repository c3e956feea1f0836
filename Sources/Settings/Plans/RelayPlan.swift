package import Addresses
package import RelayServer
import TLS
package import TURN
import Timing
import WebServer

/// What the operator's settings and this machine's addresses amount to: the relay's rules, its sockets, and where
/// clients are told to find it.
package struct RelayPlan: Sendable {
    package let rules: TURNConfiguration
    package let server: RelayServerConfiguration
    /// The secrets whose credentials `rules` accept, at least one.
    package let secrets: [SharedSecret]
    /// Makes the credentials that are handed out.
    package var secret: SharedSecret { secrets[0] }
    /// Names or addresses for the URLs that clients are told.
    package let iceHosts: [String]
    /// What an operator should hear about.
    package let notices: [String]

    /// - Throws: when addresses that were set cannot be used.
    package init(_ values: SettingValues, host: RelayHost) throws(UsageError) {
        var notices: [String] = []
        let relays = try RelayAddressPlan(values, host: host)
        notices += relays.notices
        var random = SecretRandom()
        let configured = values.relay.secrets.map { SharedSecret($0) }
        secrets = configured.isEmpty ? [SharedSecret.random(using: &random)] : configured
        if values.relay.secrets.contains(where: { $0.utf8.count < Self.goodSecretBytes }) {
            notices.append(
                "a shared secret of the relay is short enough to be guessed; use \(Self.goodSecretBytes) bytes"
            )
        }
        if values.turn.peers.allowsLoopback {
            notices.append(
                "RELAY_ALLOW_LOOPBACK_PEERS lets clients reach this machine and its private networks; never in production"
            )
        }
        var rules = TURNConfiguration(values)
        if configured.isEmpty { rules.passingSecrets = secrets } else { rules.secrets = secrets }
        rules.relays = relays.addresses
        rules.hostAddresses = host.addresses
        self.rules = rules
        server = RelayServerConfiguration(values, hostAddresses: host.addresses)
        iceHosts = Self.iceHosts(values, relays: relays.addresses)
        self.notices = notices
    }

    private static let goodSecretBytes = 16

    /// Where clients reach the relay: what was set, else public addresses, else what it listens on, else the
    /// addresses of this machine that peers see too.
    private static func iceHosts(_ values: SettingValues, relays: [RelayAddress]) -> [String] {
        if let host = values.ice.host { return [host] }
        let listening = values.relay.listenIPs
        var hosts: [IPAddress] = []
        for family in IPAddress.Family.allCases {
            let ofFamily = relays.filter { $0.family == family }
            if let translated = ofFamily.first(where: { $0.advertised != $0.local }) {
                hosts.append(translated.advertised)
            } else if listening.contains(where: { $0.family == family && $0.isUnspecified }) {
                if let relay = ofFamily.first { hosts.append(relay.local) }
            } else if let address = listening.first(where: { $0.family == family }) {
                hosts.append(address)
            }
        }
        return hosts.map(\.description)
    }
}

extension TURNConfiguration {
    /// The rules as far as they are settings; addresses and secrets depend on more.
    init(_ values: SettingValues) {
        self = values.turn
        users = values.relay.users.map { StaticUser(name: $0.name, password: $0.password) }
        maxCredentialSeconds = max(maxCredentialSeconds, values.ice.credentialSeconds)
        let ports = (values.relay.minPort, values.relay.maxPort)
        relayPorts = UInt16(clamping: ports.0)...UInt16(clamping: max(ports.0, ports.1))
        peers.allowsPrivate = peers.allowsLoopback
        peers.deniesMulticast = true
        // A quota for large networks would be worth nothing under the preset for small ones.
        if values.isSet(\.turn.quotas.perAddress), !values.isSet(\.turn.quotas.perAddressAndMinute) {
            quotas.perAddressAndMinute = quotas.perAddress * 5
        }
    }
}

extension RelayServerConfiguration {
    /// Sockets and the use of the machine.
    package init(_ values: SettingValues, hostAddresses: [IPAddress]) {
        self = values.relayServer
        // A machine without IPv6 cannot be listened on there, and need not be.
        let listenIPs = values.relay.listenIPs.filter { address in
            !address.isUnspecified || hostAddresses.contains { $0.family == address.family }
        }
        func listeners(_ port: Int) -> [TransportAddress] {
            listenIPs.map { TransportAddress($0, port: UInt16(clamping: port)) }
        }
        if values.relay.servesUDP { udpListeners = listeners(values.relay.port) }
        if values.relay.servesTCP { tcpListeners = listeners(values.relay.port) }
        let files = values.relay.certificate
        if values.relay.servesTLS, let certificate = files.chain, let key = files.key {
            tlsListeners = listeners(values.relay.tlsPort)
            tls = TLSSettings(certificateFile: certificate, privateKeyFile: key)
        }
        proxies = values.web.proxyProtocolFrom
        if values.relay.loops > 0 { loops = values.relay.loops }
    }
}
