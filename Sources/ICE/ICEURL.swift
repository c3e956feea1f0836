import Addresses
import OperatorText

/// The URL of a STUN or TURN server (RFC 7064 §3, RFC 7065 §3), as RTCIceServer takes it.
package struct ICEURL: Equatable, Sendable {
    /// How a server is come to; TLS is a matter of the scheme.
    package enum Transport: String, Sendable {
        case udp, tcp
    }

    /// `stun`, `stuns`, `turn` or `turns`.
    package let scheme: String
    /// A name or an address, without the brackets of the latter.
    package let host: String
    /// What the URL says, or the port of its scheme: 3478, with TLS 5349 (RFC 7064 §3.2, RFC 7065 §3.2).
    package let port: UInt16
    /// What the URL says; else UDP, with TLS TCP.
    package let transport: Transport
    /// The whole URL.
    package let text: String

    /// Whether the server asks for a username and a credential.
    package var needsCredential: Bool { scheme == "turn" || scheme == "turns" }

    /// Reads a URL from outside: scheme, host, perhaps a port, and for TURN perhaps `?transport=udp` or `tcp`.
    package init?(_ text: String) {
        guard text.isVisibleASCII, text.utf8.count <= 512, let colon = text.firstIndex(of: ":") else {
            return nil
        }
        let scheme = text[..<colon].lowercased()
        guard ["stun", "stuns", "turn", "turns"].contains(scheme) else { return nil }
        let parts = text[text.index(after: colon)...].split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let authority = parts.first, let (host, port) = Self.hostAndPort(authority) else { return nil }
        var transport = Self.defaultTransport(scheme)
        if parts.count == 2 {
            guard scheme.hasPrefix("turn"), parts[1].hasPrefix("transport="),
                let named = Transport(rawValue: String(parts[1].dropFirst("transport=".count)))
            else { return nil }
            transport = named
        }
        self.scheme = scheme
        self.host = host
        self.port = port ?? Self.defaultPort(scheme)
        self.transport = transport
        self.text = text
    }

    /// The URL of a server of our own.
    ///
    /// - Parameters:
    ///   - host: a name or an address, without brackets.
    ///   - transport: `udp` or `tcp`; nil for STUN.
    package init(scheme: String, host: String, port: UInt16, transport: String?) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.transport = transport.flatMap { Transport(rawValue: $0) } ?? Self.defaultTransport(scheme)
        let bracketed = host.contains(":") ? "[\(host)]" : host
        text = "\(scheme):\(bracketed):\(port)" + (transport.map { "?transport=\($0)" } ?? "")
    }

    private static func isSecure(_ scheme: String) -> Bool { scheme.hasSuffix("s") }

    private static func defaultPort(_ scheme: String) -> UInt16 { isSecure(scheme) ? 5_349 : 3_478 }

    private static func defaultTransport(_ scheme: String) -> Transport { isSecure(scheme) ? .tcp : .udp }

    /// The part between the scheme and the question mark; nil if it is not a host and port.
    private static func hostAndPort(_ text: Substring) -> (host: String, port: UInt16?)? {
        let host: Substring
        let rest: Substring
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
            guard IPAddress(String(host))?.family == .ipv6 else { return nil }
        } else {
            host = text.prefix { $0 != ":" }
            rest = text[host.endIndex...]
            guard String(host).isHost else { return nil }
        }
        guard !rest.isEmpty else { return (String(host), nil) }
        return port(rest).map { (String(host), $0) }
    }

    /// The number behind a colon; nil for anything else, and for 0.
    private static func port(_ text: Substring) -> UInt16? {
        let digits = text.dropFirst()
        guard text.first == ":", digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = UInt16(digits), port > 0
        else { return nil }
        return port
    }
}
