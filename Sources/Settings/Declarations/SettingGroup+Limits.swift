import Signaling
import WebAPI
import WebServer

extension SettingGroup {
    static let messages = SettingGroup("Messages and rooms") {
        Setting.list(
            "FORWARDED_TYPES", \.web.signaling.forwardedTypeList,
            allowed: "names of 1 to 64 letters, digits, _, - or . with commas between them",
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

        Setting.wholeNumber(
            "MAX_MESSAGE_BYTES", \.web.sessions.maxMessageBytes, in: 1_024...16_777_216, unit: "bytes",
            "The longest WebSocket message, all fragments together; a longer one closes with 1009.")

        Setting.wholeNumber(
            "MAX_SDP_BYTES", \.web.signaling.maxSDPBytes, in: 256...16_777_216, unit: "bytes",
            "The longest session description.")

        Setting.wholeNumber(
            "MAX_CANDIDATE_BYTES", \.web.signaling.maxCandidateBytes, in: 256...16_777_216, unit: "bytes",
            "The longest ICE candidate.")

        Setting.number(
            "MESSAGE_RATE", \.web.sessions.messageRate, in: 0.1...1_000_000, unit: "messages a second",
            "Messages a second that one connection may send on average.")

        Setting.wholeNumber(
            "MESSAGE_BURST", \.web.sessions.messageBurst, in: 1...1_000_000, unit: "messages",
            "Messages that one connection may send at once.")

        Setting.wholeNumber(
            "JOINS_PER_MINUTE", \.web.sessions.joinsPerMinute, in: 1...1_000_000, unit: "joins a minute",
            "Rooms that one connection may join in a minute.")

        Setting.wholeNumber(
            "MAX_OUTBOX_BYTES", \.web.sessions.maxOutboxBytes, in: 16_384...1_073_741_824, unit: "bytes",
            "Bytes that may wait for one slow reader; beyond it the connection is closed with 1013.")
    }

    static let connections = SettingGroup("Connections") {
        Setting.wholeNumber(
            "MAX_CONNECTIONS", \.web.connections.maxConnections, in: 1...10_000_000, unit: "connections",
            "Open connections in all.")

        Setting.wholeNumber(
            "MAX_CONNECTIONS_PER_ADDRESS", \.web.connections.maxConnectionsPerAddress, in: 1...10_000_000,
            unit: "connections",
            "Open connections of one address (IPv4, or IPv6 /64).")

        Setting.wholeNumber(
            "CONNECTIONS_PER_MINUTE", \.web.connections.connectionsPerMinute, in: 1...10_000_000,
            unit: "connections a minute",
            "New connections of one address in a minute.")

        Setting.seconds(
            "HANDSHAKE_TIMEOUT", \.web.connections.handshakeTimeout, in: 0.1...3_600,
            "Time from accept to a complete request head.")

        Setting.wholeNumber(
            "MAX_BUFFERED_BYTES", \.maxBufferedBytes, in: 1_048_576...1_099_511_627_776,
            unit: "bytes",
            "Bytes that may wait in memory for and of all clients together, those of the relay by TCP and "
                + "TLS included; beyond it the slowest are closed, WebSockets with 1013.")
    }

    static let liveness = SettingGroup("Liveness") {
        Setting.seconds(
            "PING_INTERVAL", \.web.sessions.pingInterval, in: 0.1...3_600,
            "A WebSocket that is silent for this long is pinged.")

        Setting.seconds(
            "PING_TIMEOUT", \.web.sessions.pingTimeout, in: 0.1...3_600,
            "A pinged WebSocket that sends nothing for this long is dead.")

        Setting.seconds(
            "PROBE_TIMEOUT", \.web.sessions.probeTimeout, in: 0.1...3_600,
            "A member of a full room that does not answer a probe in this time gives up its seat.")

        Setting.seconds(
            "PROBE_INTERVAL", \.web.sessions.probeInterval, in: 0...3_600,
            "The least time between two probes of one room.")

        Setting.seconds(
            "WRITE_TIMEOUT", \.web.sessions.writeTimeout, in: 0.1...3_600,
            "A peer that takes nothing for this long while data waits is closed with 1013.")
    }

    static let http = SettingGroup("HTTP") {
        Setting.seconds(
            "HTTP_REQUEST_TIMEOUT", \.web.connections.requestTimeout, in: 0.1...3_600,
            "Time from the first byte of a request to its last.")

        Setting.seconds(
            "HTTP_IDLE_TIMEOUT", \.web.connections.idleTimeout, in: 0.1...3_600,
            "Time that a connection may wait for its next request.")

        Setting.wholeNumber(
            "MAX_HEADER_BYTES", \.web.connections.maxHeaderBytes, in: 1_024...1_048_576, unit: "bytes",
            "The longest request line and header fields together.")

        Setting.wholeNumber(
            "MAX_BODY_BYTES", \.api.maxBodyBytes, in: bodyBytes, unit: "bytes",
            "The longest request body.")

        Setting.wholeNumber(
            "MAX_PURGE_BODY_BYTES", \.api.maxPurgeBodyBytes, in: bodyBytes, unit: "bytes",
            "The longest body of a purge, which may list many devices.")
    }

    static let guessing = SettingGroup("Guessing join codes") {
        Setting.wholeNumber(
            "ACCEPT_FAILURES", \.api.accepts.failures, in: 1...1_000_000, unit: "failures",
            "Failed accepts of one address within ACCEPT_FAILURE_WINDOW that lock it out. Creates that meet "
                + "another device's code are counted the same way, but separately.")

        Setting.seconds(
            "ACCEPT_FAILURE_WINDOW", \.api.accepts.window, in: 0.1...604_800,
            "Time over which failed accepts are counted.")

        Setting.seconds(
            "ACCEPT_LOCKOUT", \.api.accepts.lockout, in: 0.1...604_800,
            "The first lockout; each further one is twice as long.")

        Setting.seconds(
            "ACCEPT_LOCKOUT_MAX", \.api.accepts.maxLockout, in: 0.1...2_592_000,
            "The longest lockout.")

        Setting.wholeNumber(
            "GLOBAL_ACCEPT_FAILURES_PER_MINUTE", \.api.accepts.failuresPerMinuteOfAll, in: 1...1_000_000,
            unit: "failures a minute",
            "Failed accepts of all addresses together, above which all accepts are slowed down.")

        Setting.wholeNumber(
            "CREATES_PER_MINUTE", \.api.createsPerMinute, in: 1...1_000_000, unit: "calls a minute",
            "Invitations that one address may create in a minute; it may purge a tenth as often.")

        Setting.wholeNumber(
            "CHECKS_PER_MINUTE", \.api.checksPerMinute, in: 1...1_000_000, unit: "calls a minute",
            "Times that one address may check invitations in a minute; as often it may look rooms up or "
                + "delete them.")
    }

    /// The server cuts off every body at 1 MiB, whatever the setting.
    private static let bodyBytes = 64...1_048_576
}
