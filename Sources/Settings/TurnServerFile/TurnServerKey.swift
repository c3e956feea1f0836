import TURN

/// What a key of coturn 4.6.1 means here.
struct TurnServerKey: Sendable {
    enum Meaning: Sendable {
        /// The value of a setting; of several lines the last counts. `preset` is what the key alone means.
        case value(Setting, preset: String?)
        /// One element of a list; every line adds one.
        case element(Setting)
        /// A switch of our own, on or off as the key is.
        case flag(Setting)
        /// A switch of our own that the key turns off.
        case inverse(Setting)
        /// The path of a file, looked for beside this one first.
        case path(Setting)
        /// Asks for what is always so here.
        case always
        /// Asks for something that there is not.
        case none
    }

    let name: String
    let meaning: Meaning

    /// The key of this name, nil if coturn has none.
    static func named(_ name: String) -> TurnServerKey? { byName[name] }

    /// All names, for suggestions.
    static var names: [String] { Array(byName.keys) }

    private static let byName: [String: TurnServerKey] = Dictionary(
        uniqueKeysWithValues: all.map { ($0.name, $0) })

    /// Every key that coturn 4.6.1 knows, those that Debian's build lacks included.
    static let all: [TurnServerKey] =
        meant + names(fulfilled, .always) + names(others, .none)

    private static func names(_ names: String, _ meaning: Meaning) -> [TurnServerKey] {
        names.split(whereSeparator: \.isWhitespace).map { TurnServerKey(name: String($0), meaning: meaning) }
    }

    private static let meant: [TurnServerKey] = [
        .init(name: "listening-port", meaning: .value(Settings.at(\.relay.port), preset: nil)),
        .init(name: "tls-listening-port", meaning: .value(Settings.at(\.relay.tlsPort), preset: nil)),
        .init(name: "listening-ip", meaning: .element(Settings.at(\.relay.listenIPs))),
        .init(name: "relay-ip", meaning: .element(Settings.at(\.relay.ips))),
        .init(name: "external-ip", meaning: .element(Settings.at(\.relay.externalIPs))),
        .init(name: "relay-threads", meaning: .value(Settings.at(\.relay.loops), preset: nil)),
        .init(name: "min-port", meaning: .value(Settings.at(\.relay.minPort), preset: nil)),
        .init(name: "max-port", meaning: .value(Settings.at(\.relay.maxPort), preset: nil)),
        .init(name: "user", meaning: .element(Settings.at(\.relay.users))),
        .init(name: "realm", meaning: .value(Settings.at(\.turn.realm), preset: nil)),
        .init(name: "static-auth-secret", meaning: .element(Settings.at(\.relay.secrets))),
        .init(name: "denied-peer-ip", meaning: .element(Settings.at(\.turn.peers.denied))),
        .init(name: "allowed-peer-ip", meaning: .element(Settings.at(\.turn.peers.allowed))),
        .init(name: "allow-loopback-peers", meaning: .flag(Settings.at(\.turn.peers.allowsLoopback))),
        .init(name: "cert", meaning: .path(Settings.at(\.relay.certificate.chain))),
        .init(name: "pkey", meaning: .path(Settings.at(\.relay.certificate.key))),
        .init(name: "user-quota", meaning: .value(Settings.at(\.turn.quotas.perUser), preset: nil)),
        .init(name: "total-quota", meaning: .value(Settings.at(\.turn.quotas.total), preset: nil)),
        .init(name: "max-bps", meaning: .value(Settings.at(\.turn.maxBytesPerSecond), preset: nil)),
        .init(name: "stale-nonce", meaning: .value(Settings.at(\.turn.nonceSeconds), preset: "600")),
        .init(
            name: "max-allocate-lifetime",
            meaning: .value(Settings.at(\.turn.maxAllocationSeconds), preset: "3600")),
        .init(
            name: "channel-lifetime",
            meaning: .value(Settings.at(\.turn.channelSeconds), preset: "600")),
        .init(
            name: "permission-lifetime",
            meaning: .value(Settings.at(\.turn.permissionSeconds), preset: "300")),
        .init(name: "fingerprint", meaning: .flag(Settings.at(\.turn.alwaysFingerprints))),
        .init(
            name: "no-stun-backward-compatibility",
            meaning: .inverse(Settings.at(\.turn.answersClassicBinding))),
        .init(name: "no-udp", meaning: .inverse(Settings.at(\.relay.servesUDP))),
        .init(name: "no-tcp", meaning: .inverse(Settings.at(\.relay.servesTCP))),
        .init(name: "no-tls", meaning: .inverse(Settings.at(\.relay.servesTLS))),
        .init(name: "verbose", meaning: .flag(Settings.at(\.relay.isVerbose))),
    ]

    private static let fulfilled = """
        lt-cred-mech use-auth-secret no-multicast-peers no-cli no-dtls no-tcp-relay no-rfc5780
        response-origin-only-with-rfc5780 no-software-attribute prod
        keep-address-family no-sslv2 no-sslv3 no-tlsv1 no-tlsv1_1 no-auth-pings no-dynamic-ip-list
        no-dynamic-realms
        """

    private static let others = """
        listening-device alt-listening-port alt-tls-listening-port tcp-proxy-port relay-device no-auth userdb db
        psql-userdb sql-userdb mysql-userdb mongo-userdb redis-userdb redis-statsdb secret-key-file
        secret-ts-exp-time server-name oauth bps-capacity Verbose daemon check-origin-consistency no-udp-relay
        stun-only no-stun secure-stun pkey-pwd log-file no-stdout-log syslog syslog-facility simple-log
        new-log-timestamp new-log-timestamp-format log-binding aux-server udp-self-balance alternate-server
        tls-alternate-server rest-api-separator max-allocate-timeout cipher-list CA-file dh-file dh566 dh1066
        ec-curve-name no-tlsv1_2 pidfile proc-user proc-group mobility cli-ip cli-port cli-password
        cli-max-output-sessions web-admin web-admin-ip web-admin-port web-admin-listen-on-workers server-relay ne
        allocation-default-address-family acme-redirect prometheus prometheus-port prometheus-username-labels
        version
        """
}
