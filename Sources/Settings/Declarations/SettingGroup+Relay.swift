import Addresses
import RelayServer
import TURN

extension SettingGroup {
    static let relay = SettingGroup("Relay") {
        Setting.yesOrNo(
            "USE_RELAY", \.relay.isOn,
            "Whether this process also serves STUN and TURN.")

        Setting.text(
            "TURN_CONFIG", \.turnServerFile,
            allowed: "the path of a readable turnserver.conf, or none",
            "A configuration file of coturn's, the last source of settings; the default file may be missing."
        ) { $0.isPath ? $0 : nil }

        Setting.list(
            "RELAY_LISTEN_IPS", \.relay.listenIPs,
            allowed: "IP addresses of this machine with commas between them",
            "The addresses that clients of the relay connect to; 0.0.0.0 is every IPv4 address, :: every "
                + "IPv6 one."
        ) { IPAddress($0) }

        Setting.wholeNumber(
            "RELAY_PORT", \.relay.port, in: 0...65_535,
            "The port of STUN and TURN over UDP and over TCP; 0 takes any free one of each.")

        Setting.wholeNumber(
            "RELAY_TLS_PORT", \.relay.tlsPort, in: 0...65_535,
            "The port of TURN over TLS, which is served once there is a certificate; 0 takes any free one.")

        Setting.yesOrNo(
            "RELAY_UDP", \.relay.servesUDP,
            "Whether clients may connect over UDP.")

        Setting.yesOrNo(
            "RELAY_TCP", \.relay.servesTCP,
            "Whether clients may connect over TCP.")

        Setting.yesOrNo(
            "RELAY_TLS", \.relay.servesTLS,
            "Whether clients may connect over TLS, given a certificate.")

        Setting.optionalText(
            "RELAY_CERT", \.relay.certificate.chain,
            allowed: "the path of a PEM file",
            "The relay's certificate with its chain; a changed file is loaded without restart."
        ) { $0.isPath ? $0 : nil }

        Setting.optionalText(
            "RELAY_KEY", \.relay.certificate.key,
            allowed: "the path of a PEM file",
            "The private key of the relay's certificate."
        ) { $0.isPath ? $0 : nil }

        Setting.yesOrNo(
            "RELAY_SHARE_PORTS", \.relay.sharesPorts,
            "Whether clients of the relay may also connect over TCP to PORT and over TLS to TLS_PORT.")

        Setting.list(
            "RELAY_IPS", \.relay.ips,
            allowed: "IP addresses of this machine with commas between them",
            "The addresses that peers see; without any, the default route's address of each family that "
                + "has one."
        ) { text in
            IPAddress(text).flatMap { $0.isUnspecified ? nil : $0 }
        }

        Setting.list(
            "RELAY_EXTERNAL_IPS", \.relay.externalIPs,
            allowed: "an address or name, or pairs such as 192.0.2.1/10.0.0.1 with commas between them",
            "The public addresses that a NAT gives RELAY_IPS: one public address, or public/private pairs."
        ) { ExternalAddress($0) }

        Setting.wholeNumber(
            "RELAY_MIN_PORT", \.relay.minPort, in: 1_024...65_535,
            "The lowest port that peers see.")

        Setting.wholeNumber(
            "RELAY_MAX_PORT", \.relay.maxPort, in: 1_024...65_535,
            "The highest port that peers see.")

        Setting.wholeNumber(
            "RELAY_LOOPS", \.relay.loops, in: 0...16, unit: "threads",
            "Threads that relay; 0 is one for each core, at most 16.")

        Setting.yesOrNo(
            "RELAY_GSO", \.relayServer.usesSendOffload,
            "Whether packets to one destination may leave in batches (UDP_SEGMENT), where the kernel can.")

        Setting.yesOrNo(
            "RELAY_GRO", \.relayServer.usesReceiveOffload,
            "Whether packets of one source may arrive in batches (UDP_GRO), where the kernel can.")

        Setting.seconds(
            "RELAY_HOLD", \.relayServer.hold, in: 0...0.01,
            "The longest that a packet waits to leave in a batch with others under load; 0 never waits.")

        Setting.seconds(
            "RELAY_DRAIN_TIME", \.relay.drainTime, in: 0...1_800,
            "How long calls through the relay may continue at shutdown; no new allocations are made then.")

        Setting.yesOrNo(
            "RELAY_VERBOSE", \.relay.isVerbose,
            "Whether the relay logs once a minute what it has done, in numbers.")

        Setting.yesOrNo(
            "RELAY_ALLOW_LOOPBACK_PEERS", \.turn.peers.allowsLoopback,
            "For development only: lets clients reach this machine's own loopback and private networks.")

        Setting.list(
            "RELAY_ALLOWED_PEERS", \.turn.peers.allowed,
            allowed: rangesAllowed,
            "Peers that may be reached even if they are denied by default or by RELAY_DENIED_PEERS."
        ) { IPRange($0) }

        Setting.list(
            "RELAY_DENIED_PEERS", \.turn.peers.denied,
            allowed: rangesAllowed,
            "Peers that may not be reached, in addition to those denied by default."
        ) { IPRange($0) }
    }

    static let relayCredentials = SettingGroup("Relay credentials") {
        Setting.text(
            "RELAY_REALM", \.turn.realm,
            allowed: "1 to 127 characters, neither quotes nor backslashes",
            "The realm of long-term credentials; a short realm keeps answers small."
        ) { text in
            (1...127).contains(text.unicodeScalars.count)
                && !text.unicodeScalars.contains {
                    $0 == "\"" || $0 == "\\" || $0.properties.generalCategory == .control
                }
                ? text : nil
        }

        Setting.list(
            "RELAY_USERS", \.relay.users,
            allowed: "name:password with commas between them, no keys (0x…)", isSecret: true,
            "Users whose names and passwords do not expire."
        ) { RelayUser($0) }

        Setting.list(
            "RELAY_SECRETS", \.relay.secrets,
            allowed: "texts of 1 to 256 characters with commas between them",
            isSecret: true,
            "Shared secrets of time-limited credentials: the first makes them, all verify them. Without "
                + "any, a random one is made at each start."
        ) { text in
            (1...256).contains(text.utf8.count) ? text : nil
        }

        Setting.yesOrNo(
            "RELAY_FINGERPRINT", \.turn.alwaysFingerprints,
            "Whether every answer carries a FINGERPRINT; answers to requests with one always do.")

        Setting.yesOrNo(
            "RELAY_RFC3489", \.turn.answersClassicBinding,
            "Whether Binding requests without the magic cookie, as clients of RFC 3489 send them, are "
                + "answered over UDP."
        )

        Setting.wholeNumber(
            "RELAY_NONCE_LIFETIME", \.turn.nonceSeconds, in: 0...86_400, unit: "seconds",
            "How long a nonce is valid; 0 is without end.")
    }

    private static let rangesAllowed =
        "addresses and ranges such as 10.0.0.0/8 or 192.0.2.1-192.0.2.9 with commas between them"
}
