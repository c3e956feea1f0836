package import Access
package import Addresses
package import ICE
package import Logging
package import RelayServer
package import TURN
package import Telemetry
package import WebAPI
package import WebServer

/// Everything that operators set, as values. A new one has the documented defaults (docs/operations.md).
///
/// Most settings are bound to the parameters of the parts themselves. What a part takes in another shape, or only
/// together with what the machine is like, is kept here as it was set; the plans make the rest of it.
package struct ServerConfiguration: Sendable {
    package var web = WebServerConfiguration()
    /// The routes of the web server, but for the origins that it shares with them and the admin token.
    package var api = WebAPIConfiguration()
    /// The certificate of HTTPS and WSS.
    package var certificate = CertificateFiles()
    /// Whether the demo, the check and the client module are served.
    package var servesPages = true
    /// The bearer token of /metrics and /rooms; nil if they are public. Never printed.
    package var adminToken: String?
    package var roomPolicy = RoomPolicy.open
    package var pairing = PairingOptions()
    package var log = LogOptions()
    /// Bytes that may wait in memory for all clients together.
    package var maxBufferedBytes = 256 << 20
    /// After this a shutdown ends the process.
    package var shutdownTimeout = Duration.seconds(30)
    /// What is set of the relay and becomes rules and sockets together with the machine's addresses.
    package var relay = RelayOptions()
    /// The relay's rules, but for addresses, ports, users and secrets.
    package var turn = TURNConfiguration()
    /// The relay's use of the machine, but for its listeners.
    package var relayServer = RelayServerConfiguration()
    package var ice = ICEOptions()
    /// The JSON file with further settings.
    package var configFile: String?
    /// The `turnserver.conf` with further settings, or `none`.
    package var turnServerFile = "turn-server/turnserver.conf"

    package init() {}
}

/// The PEM files of a certificate; both or none.
package struct CertificateFiles: Sendable {
    /// The certificate with its chain.
    package var chain: String?
    package var key: String?
}

/// The pairing API.
package struct PairingOptions: Sendable {
    package var isOn = false
    package var databasePath = "./data/chat.db"
    /// Between two deletions of expired invitations.
    package var sweepInterval = Duration.seconds(60)
}

/// What is logged, and how.
package struct LogOptions: Sendable {
    package var level = Logger.Level.info
    package var format = LogFormat.text
}

/// The relay as it was set.
package struct RelayOptions: Sendable {
    private static let preset = TURNConfiguration().relayPorts

    package var isOn = true
    package var listenIPs = [IPAddress.anyIPv4, .anyIPv6]
    /// 0 takes any free one; so for ``tlsPort``.
    package var port = 3_478
    package var tlsPort = 5_349
    package var servesUDP = true
    package var servesTCP = true
    /// Given a certificate.
    package var servesTLS = true
    package var certificate = CertificateFiles()
    /// Whether clients may also come to the web server's ports.
    package var sharesPorts = true
    /// The addresses that peers see; without any, the preferred ones of the machine.
    package var ips: [IPAddress] = []
    package var externalIPs: [ExternalAddress] = []
    package var minPort = Int(preset.lowerBound)
    package var maxPort = Int(preset.upperBound)
    /// 0 is one for each core.
    package var loops = 0
    package var drainTime = Duration.seconds(5)
    package var isVerbose = false
    package var users: [RelayUser] = []
    /// Never printed.
    package var secrets: [String] = []
}

/// What clients are told of STUN and TURN.
package struct ICEOptions: Sendable {
    /// Where clients reach the relay; nil stands for its own addresses.
    package var host: String?
    package var credentialSeconds: UInt64 = 3_600
    package var extraServers = ExtraICEServers.none
    /// A TURN server elsewhere instead of the relay here.
    package var turnURLs: [ICEURL] = []
}
