package import Access
package import Addresses
package import Logging
import OperatorText
package import Telemetry

/// All settings, as typed keys; `Settings.all` is the table of their declarations.
package enum Settings {
    package static let port = Setting.wholeNumber(
        "PORT", .server, default: 8080, in: 0...65_535,
        "The port to listen on; 0 takes any free one.")

    package static let host = Setting.text(
        "HOST", .server, allowed: "an IP address or a host name of this machine", default: "0.0.0.0",
        defaultText: "0.0.0.0", "The address to listen on; 0.0.0.0 is every IPv4 address, :: every address."
    ) { text in
        text.utf8.count <= 253 && text.isVisibleASCII && !text.contains("/") ? text : nil
    }

    package static let eventLoops = Setting.wholeNumber(
        "EVENT_LOOPS", .server, default: 0, in: 0...1_024, unit: "threads",
        "Threads that serve connections; 0 is one for each core.")

    package static let web = Setting.yesOrNo(
        "WEB", .server, default: true,
        "Whether /demo/, /check/ and the client module at /client/ are served.")

    package static let configFile = Setting<String?>.text(
        "CONFIG_FILE", key: "config", .server, allowed: "the path of a readable JSON file", default: nil,
        defaultText: "", "A JSON file with further settings; its keys are the flags without their dashes."
    ) { .some($0) }

    package static let useSQLite = Setting.yesOrNo(
        "USE_SQLITE", .pairing, default: false,
        "Whether the pairing API is on; its data is kept in SQLite.")

    package static let sqliteDBPath = Setting.text(
        "SQLITE_DB_PATH", .pairing, allowed: "the path of a database file", default: "./data/chat.db",
        defaultText: "./data/chat.db", "The database file; it and its directory are created if missing."
    ) { $0.isPath ? $0 : nil }

    package static let sweepInterval = Setting.seconds(
        "SWEEP_INTERVAL", .pairing, default: 60, in: 0.1...86_400,
        "Time between two deletions of expired invitations, which are already invisible.")

    package static let roomPolicy = Setting.word(
        "ROOM_POLICY", .access, default: RoomPolicy.open,
        "Which rooms may be joined: any (open), or only paired ones while pairing is on (paired).")

    package static let allowedOrigins = Setting.list(
        "ALLOWED_ORIGINS", .access,
        allowed: "* or origins such as https://example.org with commas between them",
        default: ["*"], defaultText: "*",
        "Web origins whose pages may call the API and open a WebSocket; * is any."
    ) { $0 == "*" || $0.isOrigin ? $0 : nil }

    package static let trustedProxies = Setting.list(
        "TRUSTED_PROXIES", .access,
        allowed: "IP addresses and ranges such as 10.0.0.0/8 with commas between them", default: [],
        defaultText: "", "Proxies whose X-Forwarded-For is trusted; by default none."
    ) { IPRange(network: $0) }

    package static let adminToken = Setting<String?>.text(
        "ADMIN_TOKEN", .access, allowed: "8 to 256 visible ASCII characters", default: nil, defaultText: "",
        isSecret: true, "The bearer token that /metrics and /rooms require once it is set."
    ) { text in
        (8...256).contains(text.utf8.count) && text.isVisibleASCII ? .some(text) : nil
    }

    package static let logLevel = Setting.word(
        "LOG_LEVEL", .logging, default: Logger.Level.info, "The least severe events that are logged.")

    package static let logFormat = Setting.word(
        "LOG_FORMAT", .logging, default: LogFormat.text,
        "How log lines look: text for people, or one JSON object a line.")

    package static let drainSpread = Setting.seconds(
        "DRAIN_SPREAD", .lifecycle, default: 5, in: 0...300,
        "Time over which open WebSockets are closed at shutdown, so that clients do not return all at once.")

    package static let shutdownTimeout = Setting.seconds(
        "SHUTDOWN_TIMEOUT", .lifecycle, default: 30, in: 0.5...3_600,
        "Time after which a shutdown ends the process, finished or not.")
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
}
