import Addresses
import Logging
import OperatorText
import Requests
import WebServer

extension SettingGroup {
    static let server = SettingGroup("Server") {
        Setting.wholeNumber(
            "PORT", \.web.port, in: 0...65_535,
            "The port to listen on; 0 takes any free one.")

        Setting.text(
            "HOST", \.web.host,
            allowed: "an IP address or a host name of this machine",
            "The address to listen on; 0.0.0.0 is every IPv4 address, :: every address."
        ) { text in
            text.utf8.count <= 253 && text.isVisibleASCII && !text.contains("/") ? text : nil
        }

        Setting.optionalText(
            "TLS_CERT", \.certificate.chain,
            allowed: "the path of a PEM file",
            "The certificate with its chain, for HTTPS and WSS; a changed file is loaded without restart."
        ) { $0.isPath ? $0 : nil }

        Setting.optionalText(
            "TLS_KEY", \.certificate.key,
            allowed: "the path of a PEM file",
            "The private key of the certificate in TLS_CERT."
        ) { $0.isPath ? $0 : nil }

        Setting.wholeNumber(
            "TLS_PORT", \.web.tlsPort, in: 0...65_535,
            "The port for HTTPS and WSS, open once there is a certificate; 0 takes any free one.")

        Setting.yesOrNo(
            "REDIRECT_HTTP", \.web.redirectsHTTP,
            "Whether HTTP requests to PORT are redirected to https, /healthz and /readyz excepted.")

        Setting.wholeNumber(
            "EVENT_LOOPS", \.web.eventLoops, in: 0...1_024, unit: "threads",
            "Threads that serve connections; 0 is one for each core.")

        Setting.yesOrNo(
            "WEB", \.servesPages,
            "Whether /demo/, /check/ and the client module at /client/ are served.")

        Setting.optionalText(
            "CONFIG_FILE", \.configFile, key: "config",
            allowed: "the path of a readable JSON file",
            "A JSON file with further settings; its keys are the flags without their dashes."
        ) { $0 }
    }

    static let pairing = SettingGroup("Pairing") {
        Setting.yesOrNo(
            "USE_SQLITE", \.pairing.isOn,
            "Whether the pairing API is on; its data is kept in SQLite.")

        Setting.text(
            "SQLITE_DB_PATH", \.pairing.databasePath,
            allowed: "the path of a database file",
            "The database file; it and its directory are created if missing."
        ) { $0.isPath ? $0 : nil }

        Setting.seconds(
            "SWEEP_INTERVAL", \.pairing.sweepInterval, in: 0.1...86_400,
            "Time between two deletions of expired invitations, which are already invisible.")
    }

    static let access = SettingGroup("Access") {
        Setting.list(
            "ALLOWED_ORIGINS", \.web.allowedOrigins.list,
            allowed: "* or origins such as https://example.org with commas between them",
            "Web origins whose pages may call the API and open a WebSocket; * is any."
        ) { $0 == "*" || $0.isOrigin ? $0 : nil }

        Setting.word(
            "ROOM_POLICY", \.roomPolicy,
            "Which rooms may be joined: any (open), or only paired ones while pairing is on (paired).")

        Setting.list(
            "TRUSTED_PROXIES", \.web.trustedProxies,
            allowed: "IP addresses and ranges such as 10.0.0.0/8 with commas between them",
            "Proxies whose X-Forwarded-For is trusted; by default none."
        ) { IPRange(network: $0) }

        Setting.list(
            "PROXY_PROTOCOL_FROM", \.web.proxyProtocolFrom,
            allowed: "IP addresses and ranges such as 10.0.0.0/8 with commas between them",
            "Proxies whose TCP connections all begin with a PROXY protocol header that names the client."
        ) { IPRange(network: $0) }

        Setting.optionalText(
            "ADMIN_TOKEN", \.adminToken,
            allowed: "8 to 256 visible ASCII characters", isSecret: true,
            "The bearer token that /metrics and /rooms require once it is set."
        ) { text in
            (8...256).contains(text.utf8.count) && text.isVisibleASCII ? text : nil
        }
    }

    static let logging = SettingGroup("Logging") {
        Setting.word(
            "LOG_LEVEL", \.log.level,
            "The least severe events that are logged.")

        Setting.word(
            "LOG_FORMAT", \.log.format,
            "How log lines look: text for people, or one JSON object a line.")
    }

    static let lifecycle = SettingGroup("Life cycle") {
        Setting.seconds(
            "DRAIN_SPREAD", \.web.drainSpread, in: 0...300,
            "Time over which open WebSockets are closed at shutdown, so that clients do not return all at "
                + "once.")

        Setting.seconds(
            "SHUTDOWN_TIMEOUT", \.shutdownTimeout, in: 0.5...3_600,
            "Time after which a shutdown ends the process, finished or not.")
    }
}

extension String {
    /// Whether this is a serialized web origin (RFC 6454 §6.1): scheme, host and perhaps a port, nothing after.
    var isOrigin: Bool {
        guard isVisibleASCII, utf8.count <= 2_048 else { return false }
        guard let separator = utf8.indices.first(where: { self[$0...].hasPrefix("://") }) else {
            return false
        }
        let scheme = self[..<separator]
        let authority = self[index(separator, offsetBy: 3)...]
        return scheme.first?.isLetter == true
            && scheme.allSatisfy { $0.isLetter || $0.isNumber || "+-.".contains($0) }
            && !authority.isEmpty && !authority.contains { "/?#@,\\".contains($0) }
    }

    /// Whether it may be a path as Linux takes them.
    var isPath: Bool { (1...4_096).contains(utf8.count) && !contains("\0") }
}
