import ICE
import Signaling
import TURN
import WebAPI
import WebServer

/// What two settings have to be to each other; checked when each value by itself is allowed.
struct SettingRelation: Sendable {
    let left: Setting
    let right: Setting
    /// What is allowed, in words that can follow the name of `left`.
    let rule: String
    /// Whether the rule also applies to a `left` that has its default.
    let appliesToDefault: Bool
    let holds: @Sendable (SettingValues) -> Bool

    private init<Left, Right>(
        _ left: any SettingPath<Left>, _ right: any SettingPath<Right>, _ rule: String,
        appliesToDefault: Bool = true, holds: @escaping @Sendable (Left, Right) -> Bool
    ) {
        self.left = Settings.at(left)
        self.right = Settings.at(right)
        self.rule = rule
        self.appliesToDefault = appliesToDefault
        self.holds = { holds($0[dynamicMember: left], $0[dynamicMember: right]) }
    }
}

extension SettingRelation {
    /// Every relation. The defaults satisfy all of them.
    static let all: [SettingRelation] = [
        // A message and the server's own around it have to fit, or one permitted message closes its receiver.
        SettingRelation(
            \.web.sessions.maxOutboxBytes, \.web.sessions.maxMessageBytes, "at least twice MAX_MESSAGE_BYTES"
        ) { outbox, message in outbox >= 2 * message },
        SettingRelation(
            \.web.signaling.maxSDPBytes, \.web.sessions.maxMessageBytes, "below MAX_MESSAGE_BYTES", holds: <),
        SettingRelation(
            \.web.signaling.maxCandidateBytes, \.web.sessions.maxMessageBytes, "below MAX_MESSAGE_BYTES",
            holds: <),
        // A member gets them in one message, with others around it.
        SettingRelation(
            \.ice.extraServers, \.web.sessions.maxOutboxBytes, "as JSON at most a quarter of MAX_OUTBOX_BYTES"
        ) { servers, outbox in servers.byteCount <= outbox / 4 },
        SettingRelation(
            \.ice.turnURLs, \.web.sessions.maxOutboxBytes, "in all at most a quarter of MAX_OUTBOX_BYTES"
        ) { urls, outbox in urls.reduce(0) { $0 + $1.text.utf8.count } <= outbox / 4 },
        // The preset gives way to a large MAX_OUTBOX_BYTES; then one slow reader may be all that fits.
        SettingRelation(
            \.maxBufferedBytes, \.web.sessions.maxOutboxBytes, "at least MAX_OUTBOX_BYTES",
            appliesToDefault: false, holds: >=),
        // The preset stands for as many as there are when MAX_CONNECTIONS is small.
        SettingRelation(
            \.web.connections.maxConnectionsPerAddress, \.web.connections.maxConnections,
            "at most MAX_CONNECTIONS",
            appliesToDefault: false, holds: <=),
        SettingRelation(
            \.api.accepts.lockout, \.api.accepts.maxLockout, "at most ACCEPT_LOCKOUT_MAX"
        ) { first, longest in first <= longest },
        // Last close frames and open requests come after the spread, all within four fifths of the time.
        SettingRelation(
            \.web.drainSpread, \.shutdownTimeout, "at most half of SHUTDOWN_TIMEOUT"
        ) { spread, timeout in spread <= timeout / 2 },
        // The preset gives way to a short SHUTDOWN_TIMEOUT: there may be no call to drain at all.
        SettingRelation(
            \.relay.drainTime, \.shutdownTimeout, "at most half of SHUTDOWN_TIMEOUT",
            appliesToDefault: false
        ) { drain, timeout in drain <= timeout / 2 },
        SettingRelation(\.relay.minPort, \.relay.maxPort, "at most RELAY_MAX_PORT", holds: <=),
        SettingRelation(\.certificate.chain, \.certificate.key, "together with TLS_KEY or not at all") {
            certificate, key in (certificate == nil) == (key == nil)
        },
        SettingRelation(\.web.tlsPort, \.web.port, "another port than PORT, or 0") {
            tls, plain in tls != plain || plain == 0
        },
        SettingRelation(
            \.web.redirectsHTTP, \.certificate.chain, "off without TLS_CERT and TLS_KEY"
        ) { redirects, certificate in !redirects || certificate != nil },
        SettingRelation(
            \.relay.certificate.chain, \.relay.certificate.key, "together with RELAY_KEY or not at all"
        ) {
            certificate, key in (certificate == nil) == (key == nil)
        },
        SettingRelation(
            \.relay.port, \.relay.tlsPort, "another port than RELAY_TLS_PORT, or 0"
        ) { plain, tls in plain != tls || plain == 0 },
        SettingRelation(
            \.turn.allocationSeconds, \.turn.maxAllocationSeconds,
            "at most RELAY_MAX_ALLOCATION_LIFETIME"
        ) { shortest, longest in shortest <= longest },
    ]
}
