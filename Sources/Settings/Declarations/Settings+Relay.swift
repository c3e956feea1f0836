package import Addresses

extension Settings {
    // MARK: Relay

    package static let useRelay = Setting.yesOrNo(
        "USE_RELAY", .relay, default: true,
        "Whether this process also serves STUN and TURN.")

    package static let turnConfig = Setting.text(
        "TURN_CONFIG", .relay, allowed: "the path of a readable turnserver.conf, or none",
        default: "turn-server/turnserver.conf", defaultText: "turn-server/turnserver.conf",
        "A configuration file of coturn's, the last source of settings; the default file may be missing."
    ) { $0.isPath ? $0 : nil }

    package static let relayListenIPs = Setting.list(
        "RELAY_LISTEN_IPS", .relay, allowed: "IP addresses of this machine with commas between them",
        default: [IPAddress.anyIPv4, IPAddress.anyIPv6], defaultText: "0.0.0.0,::",
        "The addresses that clients of the relay connect to; 0.0.0.0 is every IPv4 address, :: every IPv6 one."
    ) { IPAddress($0) }

    package static let relayPort = Setting.wholeNumber(
        "RELAY_PORT", .relay, default: 3_478, in: 0...65_535,
        "The port of STUN and TURN over UDP and over TCP; 0 takes any free one of each.")

    package static let relayTLSPort = Setting.wholeNumber(
        "RELAY_TLS_PORT", .relay, default: 5_349, in: 0...65_535,
        "The port of TURN over TLS, which is served once there is a certificate; 0 takes any free one.")

    package static let relayUDP = Setting.yesOrNo(
        "RELAY_UDP", .relay, default: true, "Whether clients may connect over UDP.")

    package static let relayTCP = Setting.yesOrNo(
        "RELAY_TCP", .relay, default: true, "Whether clients may connect over TCP.")

    package static let relayTLS = Setting.yesOrNo(
        "RELAY_TLS", .relay, default: true, "Whether clients may connect over TLS, given a certificate.")

    package static let relayCert = Setting<String?>.text(
        "RELAY_CERT", .relay, allowed: "the path of a PEM file", default: nil, defaultText: "",
        "The relay's certificate with its chain; a changed file is loaded without restart."
    ) { $0.isPath ? .some($0) : nil }

    package static let relayKey = Setting<String?>.text(
        "RELAY_KEY", .relay, allowed: "the path of a PEM file", default: nil, defaultText: "",
        "The private key of the relay's certificate."
    ) { $0.isPath ? .some($0) : nil }

    package static let relaySharePorts = Setting.yesOrNo(
        "RELAY_SHARE_PORTS", .relay, default: true,
        "Whether clients of the relay may also connect over TCP to PORT and over TLS to TLS_PORT.")

    package static let relayIPs = Setting.list(
        "RELAY_IPS", .relay, allowed: "IP addresses of this machine with commas between them", default: [],
        defaultText: "",
        "The addresses that peers see; without any, the default route's address of each family that has one."
    ) { text in
        IPAddress(text).flatMap { $0.isUnspecified ? nil : $0 }
    }

    package static let relayExternalIPs = Setting.list(
        "RELAY_EXTERNAL_IPS", .relay,
        allowed: "an address or name, or pairs such as 192.0.2.1/10.0.0.1 with commas between them",
        default: [], defaultText: "",
        "The public addresses that a NAT gives RELAY_IPS: one public address, or public/private pairs."
    ) { ExternalAddress($0) }

    package static let relayMinPort = Setting.wholeNumber(
        "RELAY_MIN_PORT", .relay, default: 49_152, in: 1_024...65_535,
        "The lowest port that peers see.")

    package static let relayMaxPort = Setting.wholeNumber(
        "RELAY_MAX_PORT", .relay, default: 65_535, in: 1_024...65_535,
        "The highest port that peers see.")

    package static let relayLoops = Setting.wholeNumber(
        "RELAY_LOOPS", .relay, default: 0, in: 0...16, unit: "threads",
        "Threads that relay; 0 is one for each core, at most 16.")

    package static let relayGSO = Setting.yesOrNo(
        "RELAY_GSO", .relay, default: true,
        "Whether packets to one destination may leave in batches (UDP_SEGMENT), where the kernel can.")

    package static let relayGRO = Setting.yesOrNo(
        "RELAY_GRO", .relay, default: true,
        "Whether packets of one source may arrive in batches (UDP_GRO), where the kernel can.")

    package static let relayHold = Setting.seconds(
        "RELAY_HOLD", .relay, default: 0.000_25, in: 0...0.01,
        "The longest that a packet waits to leave in a batch with others under load; 0 never waits.")

    package static let relayDrainTime = Setting.seconds(
        "RELAY_DRAIN_TIME", .relay, default: 5, in: 0...1_800,
        "How long calls through the relay may continue at shutdown; no new allocations are made then.")

    package static let relayVerbose = Setting.yesOrNo(
        "RELAY_VERBOSE", .relay, default: false,
        "Whether the relay logs once a minute what it has done, in numbers.")

    package static let relayAllowLoopbackPeers = Setting.yesOrNo(
        "RELAY_ALLOW_LOOPBACK_PEERS", .relay, default: false,
        "For development only: lets clients reach this machine's own loopback and private networks.")

    package static let relayAllowedPeers = Setting.list(
        "RELAY_ALLOWED_PEERS", .relay, allowed: rangesAllowed, default: [], defaultText: "",
        "Peers that may be reached even if they are denied by default or by RELAY_DENIED_PEERS."
    ) { IPRange($0) }

    package static let relayDeniedPeers = Setting.list(
        "RELAY_DENIED_PEERS", .relay, allowed: rangesAllowed, default: [], defaultText: "",
        "Peers that may not be reached, in addition to those denied by default."
    ) { IPRange($0) }

    private static let rangesAllowed =
        "addresses and ranges such as 10.0.0.0/8 or 192.0.2.1-192.0.2.9 with commas between them"

    // MARK: Relay credentials

    package static let relayRealm = Setting.text(
        "RELAY_REALM", .relayCredentials, allowed: "1 to 127 characters, neither quotes nor backslashes",
        default: "switchboard", defaultText: "switchboard",
        "The realm of long-term credentials; a short realm keeps answers small."
    ) { text in
        (1...127).contains(text.unicodeScalars.count)
            && !text.unicodeScalars.contains {
                $0 == "\"" || $0 == "\\" || $0.properties.generalCategory == .control
            }
            ? text : nil
    }

    package static let relayUsers = Setting.list(
        "RELAY_USERS", .relayCredentials,
        allowed: "name:password with commas between them, no keys (0x…)", default: [], defaultText: "",
        isSecret: true, "Users whose names and passwords do not expire."
    ) { RelayUser($0) }

    package static let relaySecrets = Setting.list(
        "RELAY_SECRETS", .relayCredentials,
        allowed: "texts of 1 to 256 characters with commas between them",
        default: [], defaultText: "", isSecret: true,
        "Shared secrets of time-limited credentials: the first makes them, all verify them. Without any, a "
            + "random one is made at each start."
    ) { text in
        (1...256).contains(text.utf8.count) ? text : nil
    }

    package static let relayFingerprint = Setting.yesOrNo(
        "RELAY_FINGERPRINT", .relayCredentials, default: false,
        "Whether every answer carries a FINGERPRINT; answers to requests with one always do.")

    package static let relayRFC3489 = Setting.yesOrNo(
        "RELAY_RFC3489", .relayCredentials, default: true,
        "Whether Binding requests without the magic cookie, as clients of RFC 3489 send them, are answered over UDP."
    )

    package static let relayNonceLifetime = Setting.wholeNumber(
        "RELAY_NONCE_LIFETIME", .relayCredentials, default: 3_600, in: 0...86_400, unit: "seconds",
        "How long a nonce is valid; 0 is without end.")
}

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

/// A user with a long-term credential (RFC 8489 §9.2).
package struct RelayUser: Equatable, Sendable {
    package let name: String
    package let password: String

    /// Reads `name:password`. A name has no colon; a password may. The form that coturn takes for a key instead of
    /// a password (`0x` and 32 digits) is refused: read as a password, it would admit no client.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init)
        guard parts.count == 2, (1...508).contains(parts[0].utf8.count),
            (1...256).contains(parts[1].utf8.count)
        else { return nil }
        guard parts[1].wholeMatch(of: /0x[0-9A-Fa-f]{32}/) == nil else { return nil }
        name = parts[0]
        password = parts[1]
    }
}
