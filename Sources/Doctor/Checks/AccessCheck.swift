import Addresses
import Requests
import Settings
import TURN
import WebServer

extension DoctorCheck {
    /// Who is let in, and to what.
    static let access = DoctorCheck("Access") { AccessCheck.run($0) }
}

enum AccessCheck {
    static func run(_ examination: Examination) -> [Finding] {
        let values = examination.values
        var found = proxies(examination)
        let isPublic = isPublic(examination)
        if isPublic, values.adminToken == nil {
            found.append(
                .notice(
                    .accessPublic, of: "ADMIN_TOKEN", "/metrics is public",
                    do: "set ADMIN_TOKEN, or let a proxy answer for /metrics"))
        }
        if isPublic, values.web.allowedOrigins == .any {
            found.append(
                .notice(
                    .accessPublic, of: "ALLOWED_ORIGINS", "pages of every web site may use this server",
                    do:
                        "name the sites that may in ALLOWED_ORIGINS, this server's own among them, if others should not"
                ))
        }
        if examination.hasRelay, values.turn.peers.allowsLoopback {
            found.append(
                .warning(
                    .accessPublic, of: "RELAY_ALLOW_LOOPBACK_PEERS",
                    "clients of the relay reach this machine itself and its private networks",
                    do: "remove RELAY_ALLOW_LOOPBACK_PEERS; it is for development"))
        }
        let hasProxy =
            !values.web.trustedProxies.isEmpty || !values.web.proxyProtocolFrom.isEmpty
        if isPublic, values.certificate.chain != nil, !values.web.redirectsHTTP, !hasProxy {
            found.append(
                .notice(
                    .accessEncryption, of: "REDIRECT_HTTP",
                    "clients may still connect by http://, without encryption",
                    do: "set REDIRECT_HTTP=1"))
        }
        if isPublic, values.certificate.chain == nil, !hasProxy {
            found.append(
                .notice(
                    .accessEncryption,
                    "clients' data is not encrypted, and browsers give pages that come by "
                        + "http:// neither camera nor microphone",
                    do: encryptionAdvice))
        }
        if examination.machine.userID() == 0 {
            found.append(
                .notice(
                    .accessUser, "as root, the doctor cannot tell which files the server's user may use",
                    do: "run the doctor as the server's user; neither needs to be root"))
        }
        return found.contains { $0.level > .ok }
            ? found : found + [.ok(.accessPublic, "nothing that should be protected is public")]
    }

    private static let encryptionAdvice =
        "set TLS_CERT and TLS_KEY, or put a proxy with a certificate in front and name it in TRUSTED_PROXIES"

    /// Whether others than this machine can come to the web server.
    private static func isPublic(_ examination: Examination) -> Bool {
        let addresses = examination.machine.resolve(examination.values.web.host)
        return addresses.isEmpty || addresses.contains { !$0.isLoopback }
    }

    private static func proxies(_ examination: Examination) -> [Finding] {
        proxies(examination.values.web.trustedProxies, "TRUSTED_PROXIES", examination)
            + proxies(examination.values.web.proxyProtocolFrom, "PROXY_PROTOCOL_FROM", examination)
    }

    private static func proxies(
        _ ranges: [IPRange], _ setting: String, _ examination: Examination
    ) -> [Finding] {
        guard !ranges.isEmpty else { return [] }
        let strangers = ["1.1.1.1", "198.51.100.1", "2606:4700::1", "2001:db8::1"].compactMap {
            IPAddress($0)
        }
        if ranges.contains(where: { range in strangers.contains(where: range.contains) }) {
            return [
                .error(
                    .accessProxies, of: setting,
                    "\(setting) trusts addresses of strangers, who can then claim any client address",
                    do: "name only your own proxies")
            ]
        }
        let loopback = ["127.0.0.1", "::1"].compactMap { IPAddress($0) }
        let areHere = ranges.allSatisfy { range in loopback.contains(where: range.contains) }
        guard areHere, isPublic(examination) else {
            return [.ok(.accessProxies, of: setting, "only named proxies are trusted")]
        }
        return [
            .notice(
                .accessProxies, of: "HOST",
                "the proxy is on this machine, but HOST lets clients bypass it, without encryption",
                do: "set HOST=127.0.0.1")
        ]
    }
}
