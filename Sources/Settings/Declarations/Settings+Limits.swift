extension Settings {
    // MARK: Messages and rooms

    package static let forwardedTypes = Setting.list(
        "FORWARDED_TYPES", .messages,
        allowed: "names of 1 to 64 letters, digits, _, - or . with commas between them",
        default: ["key_exchange", "key_exchange_complete"], defaultText: "key_exchange,key_exchange_complete",
        "Types of application messages that reach the other peer with all their members."
    ) { name in
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
        return (1...64).contains(name.utf8.count) && isName ? name : nil
    }

    package static let maxMessageBytes = Setting.wholeNumber(
        "MAX_MESSAGE_BYTES", .messages, default: 131_072, in: 1_024...16_777_216, unit: "bytes",
        "The longest WebSocket message, all fragments together; a longer one closes with 1009.")

    package static let maxSDPBytes = Setting.wholeNumber(
        "MAX_SDP_BYTES", .messages, default: 114_688, in: 256...16_777_216, unit: "bytes",
        "The longest session description.")

    package static let maxCandidateBytes = Setting.wholeNumber(
        "MAX_CANDIDATE_BYTES", .messages, default: 4_096, in: 256...16_777_216, unit: "bytes",
        "The longest ICE candidate.")

    package static let messageRate = Setting.number(
        "MESSAGE_RATE", .messages, default: 50, in: 0.1...1_000_000, unit: "messages a second",
        "Messages a second that one connection may send on average.")

    package static let messageBurst = Setting.wholeNumber(
        "MESSAGE_BURST", .messages, default: 500, in: 1...1_000_000, unit: "messages",
        "Messages that one connection may send at once.")

    package static let joinsPerMinute = Setting.wholeNumber(
        "JOINS_PER_MINUTE", .messages, default: 60, in: 1...1_000_000, unit: "joins a minute",
        "Rooms that one connection may join in a minute.")

    package static let maxOutboxBytes = Setting.wholeNumber(
        "MAX_OUTBOX_BYTES", .messages, default: 1_048_576, in: 16_384...1_073_741_824, unit: "bytes",
        "Bytes that may wait for one slow reader; beyond it the connection is closed with 1013.")

    // MARK: Connections

    package static let maxConnections = Setting.wholeNumber(
        "MAX_CONNECTIONS", .connections, default: 50_000, in: 1...10_000_000, unit: "connections",
        "Open connections in all.")

    package static let maxConnectionsPerAddress = Setting.wholeNumber(
        "MAX_CONNECTIONS_PER_ADDRESS", .connections, default: 500, in: 1...10_000_000, unit: "connections",
        "Open connections of one address (IPv4, or IPv6 /64).")

    package static let connectionsPerMinute = Setting.wholeNumber(
        "CONNECTIONS_PER_MINUTE", .connections, default: 300, in: 1...10_000_000,
        unit: "connections a minute",
        "New connections of one address in a minute.")

    package static let handshakeTimeout = Setting.seconds(
        "HANDSHAKE_TIMEOUT", .connections, default: 10, in: 0.1...3_600,
        "Time from accept to a complete request head.")

    package static let maxBufferedBytes = Setting.wholeNumber(
        "MAX_BUFFERED_BYTES", .connections, default: 268_435_456, in: 1_048_576...1_099_511_627_776,
        unit: "bytes",
        "Bytes that may wait in memory for and of all clients together, those of the relay by TCP and TLS included; "
            + "beyond it the slowest are closed, WebSockets with 1013.")

    // MARK: Liveness

    package static let pingInterval = Setting.seconds(
        "PING_INTERVAL", .liveness, default: 25, in: 0.1...3_600,
        "A WebSocket that is silent for this long is pinged.")

    package static let pingTimeout = Setting.seconds(
        "PING_TIMEOUT", .liveness, default: 10, in: 0.1...3_600,
        "A pinged WebSocket that sends nothing for this long is dead.")

    package static let probeTimeout = Setting.seconds(
        "PROBE_TIMEOUT", .liveness, default: 2, in: 0.1...3_600,
        "A member of a full room that does not answer a probe in this time gives up its seat.")

    package static let probeInterval = Setting.seconds(
        "PROBE_INTERVAL", .liveness, default: 10, in: 0...3_600,
        "The least time between two probes of one room.")

    package static let writeTimeout = Setting.seconds(
        "WRITE_TIMEOUT", .liveness, default: 5, in: 0.1...3_600,
        "A peer that takes nothing for this long while data waits is closed with 1013.")

    // MARK: HTTP

    package static let httpRequestTimeout = Setting.seconds(
        "HTTP_REQUEST_TIMEOUT", .http, default: 10, in: 0.1...3_600,
        "Time from the first byte of a request to its last.")

    package static let httpIdleTimeout = Setting.seconds(
        "HTTP_IDLE_TIMEOUT", .http, default: 60, in: 0.1...3_600,
        "Time that a connection may wait for its next request.")

    package static let maxHeaderBytes = Setting.wholeNumber(
        "MAX_HEADER_BYTES", .http, default: 16_384, in: 1_024...1_048_576, unit: "bytes",
        "The longest request line and header fields together.")

    /// The server cuts off every body at 1 MiB, whatever the setting.
    private static let bodyBytes = 64...1_048_576

    package static let maxBodyBytes = Setting.wholeNumber(
        "MAX_BODY_BYTES", .http, default: 16_384, in: bodyBytes, unit: "bytes",
        "The longest request body.")

    package static let maxPurgeBodyBytes = Setting.wholeNumber(
        "MAX_PURGE_BODY_BYTES", .http, default: 65_536, in: bodyBytes, unit: "bytes",
        "The longest body of a purge, which may list many devices.")

    // MARK: Guessing join codes

    package static let acceptFailures = Setting.wholeNumber(
        "ACCEPT_FAILURES", .guessing, default: 10, in: 1...1_000_000, unit: "failures",
        "Failed accepts of one address within ACCEPT_FAILURE_WINDOW that lock it out. Creates that meet "
            + "another device's code are counted the same way, but separately.")

    package static let acceptFailureWindow = Setting.seconds(
        "ACCEPT_FAILURE_WINDOW", .guessing, default: 600, in: 0.1...604_800,
        "Time over which failed accepts are counted.")

    package static let acceptLockout = Setting.seconds(
        "ACCEPT_LOCKOUT", .guessing, default: 900, in: 0.1...604_800,
        "The first lockout; each further one is twice as long.")

    package static let acceptLockoutMax = Setting.seconds(
        "ACCEPT_LOCKOUT_MAX", .guessing, default: 86_400, in: 0.1...2_592_000,
        "The longest lockout.")

    package static let globalAcceptFailuresPerMinute = Setting.wholeNumber(
        "GLOBAL_ACCEPT_FAILURES_PER_MINUTE", .guessing, default: 60, in: 1...1_000_000,
        unit: "failures a minute",
        "Failed accepts of all addresses together, above which all accepts are slowed down.")

    package static let createsPerMinute = Setting.wholeNumber(
        "CREATES_PER_MINUTE", .guessing, default: 300, in: 1...1_000_000, unit: "calls a minute",
        "Invitations that one address may create in a minute; it may purge a tenth as often.")

    package static let checksPerMinute = Setting.wholeNumber(
        "CHECKS_PER_MINUTE", .guessing, default: 1_200, in: 1...1_000_000, unit: "calls a minute",
        "Times that one address may check invitations in a minute; as often it may look rooms up or "
            + "delete them.")
}
