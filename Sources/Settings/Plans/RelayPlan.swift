package import Addresses
package import RelayServer
import TLS
package import TURN
import Timing

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
        let configured = values[Settings.relaySecrets].map { SharedSecret($0) }
        secrets = configured.isEmpty ? [SharedSecret.random(using: &random)] : configured
        if values[Settings.relaySecrets].contains(where: { $0.utf8.count < Self.goodSecretBytes }) {
            notices.append(
                "a shared secret of the relay is short enough to be guessed; use \(Self.goodSecretBytes) bytes"
            )
        }
        if values[Settings.relayAllowLoopbackPeers] {
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
        if let host = values[Settings.iceHost] { return [host] }
        let listening = values[Settings.relayListenIPs]
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
        self.init()
        realm = values[Settings.relayRealm]
        users = values[Settings.relayUsers].map { StaticUser(name: $0.name, password: $0.password) }
        maxCredentialSeconds = max(maxCredentialSeconds, UInt64(values[Settings.iceCredentialLifetime]))
        let ports = (values[Settings.relayMinPort], values[Settings.relayMaxPort])
        relayPorts = UInt16(clamping: ports.0)...UInt16(clamping: max(ports.0, ports.1))
        peers.allowed = values[Settings.relayAllowedPeers]
        peers.denied = values[Settings.relayDeniedPeers]
        peers.allowsLoopback = values[Settings.relayAllowLoopbackPeers]
        peers.allowsPrivate = values[Settings.relayAllowLoopbackPeers]
        peers.deniesMulticast = true
        allocationSeconds = UInt32(clamping: values[Settings.relayAllocationLifetime])
        maxAllocationSeconds = UInt32(clamping: values[Settings.relayMaxAllocationLifetime])
        permissionSeconds = UInt32(clamping: values[Settings.relayPermissionLifetime])
        channelSeconds = UInt32(clamping: values[Settings.relayChannelLifetime])
        nonceSeconds = UInt64(values[Settings.relayNonceLifetime])
        portRestSeconds = UInt32(clamping: values[Settings.relayPortRest])
        quotas.perUser = values[Settings.relayUserQuota]
        quotas.perAddress = values[Settings.relayAddressQuota]
        quotas.total = values[Settings.relayTotalQuota]
        // A quota for large networks would be worth nothing under the preset for small ones.
        let followsQuota =
            values.isSet(Settings.relayAddressQuota) && !values.isSet(Settings.relayAllocationsPerMinute)
        quotas.perAddressAndMinute =
            followsQuota ? quotas.perAddress * 5 : values[Settings.relayAllocationsPerMinute]
        maxPermissions = values[Settings.relayMaxPermissions]
        maxChannels = values[Settings.relayMaxChannels]
        maxBytesPerSecond = UInt64(values[Settings.relayMaxBPS])
        maxPacketsPerSecond = UInt64(values[Settings.relayMaxPPS])
        unauthenticatedAnswersPerSecond = values[Settings.relayAnswerRate]
        unauthenticatedAnswerBurst = values[Settings.relayAnswerBurst]
        alwaysFingerprints = values[Settings.relayFingerprint]
        answersClassicBinding = values[Settings.relayRFC3489]
    }
}

extension RelayServerConfiguration {
    /// Sockets and the use of the machine.
    package init(_ values: SettingValues, hostAddresses: [IPAddress]) {
        self.init()
        // A machine without IPv6 cannot be listened on there, and need not be.
        let listenIPs = values[Settings.relayListenIPs].filter { address in
            !address.isUnspecified || hostAddresses.contains { $0.family == address.family }
        }
        let port = UInt16(clamping: values[Settings.relayPort])
        let plain = listenIPs.map { TransportAddress($0, port: port) }
        if values[Settings.relayUDP] { udpListeners = plain }
        if values[Settings.relayTCP] { tcpListeners = plain }
        if values[Settings.relayTLS], let certificate = values[Settings.relayCert],
            let key = values[Settings.relayKey]
        {
            let port = UInt16(clamping: values[Settings.relayTLSPort])
            tlsListeners = listenIPs.map { TransportAddress($0, port: port) }
            tls = TLSSettings(certificateFile: certificate, privateKeyFile: key)
        }
        proxies = values[Settings.proxyProtocolFrom]
        streams.maxStreams = values[Settings.relayMaxStreams]
        streams.maxStreamsPerAddress = values[Settings.relayMaxStreamsPerAddress]
        streams.messageTime = values[Settings.relayStreamTimeout]
        streams.outboxBytes = values[Settings.relayStreamBufferBytes]
        let wanted = values[Settings.relayLoops]
        if wanted > 0 { loops = wanted }
        usesSendOffload = values[Settings.relayGSO]
        usesReceiveOffload = values[Settings.relayGRO]
        holdMicroseconds = Int((values[Settings.relayHold].inSeconds * 1e6).rounded())
    }
}
