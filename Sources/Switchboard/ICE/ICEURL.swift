import STUN

/// The URL of a STUN or TURN server (RFC 7064 §3, RFC 7065 §3), as RTCIceServer takes it.
struct ICEURL: Equatable, Sendable {
    /// `stun`, `stuns`, `turn` or `turns`.
    let scheme: String
    /// The whole URL.
    let text: String

    /// Whether the server asks for a username and a credential.
    var needsCredential: Bool { scheme == "turn" || scheme == "turns" }

    /// Checks a URL from outside: scheme, host, perhaps a port, and for TURN perhaps `?transport=udp` or `tcp`.
    init?(_ text: String) {
        guard text.isVisibleASCII, text.utf8.count <= 512, let colon = text.firstIndex(of: ":") else {
            return nil
        }
        let scheme = text[..<colon].lowercased()
        guard ["stun", "stuns", "turn", "turns"].contains(scheme) else { return nil }
        let parts = text[text.index(after: colon)...].split(
            separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let authority = parts.first, Self.isAuthority(authority) else { return nil }
        if parts.count == 2 {
            guard scheme.hasPrefix("turn"), ["transport=udp", "transport=tcp"].contains(parts[1]) else {
                return nil
            }
        }
        self.scheme = scheme
        self.text = text
    }

    /// The URL of a server of our own.
    ///
    /// - Parameters:
    ///   - host: a name or an address, without brackets.
    ///   - transport: `udp` or `tcp`; nil for STUN.
    init(scheme: String, host: String, port: UInt16, transport: String?) {
        self.scheme = scheme
        let bracketed = host.contains(":") ? "[\(host)]" : host
        text = "\(scheme):\(bracketed):\(port)" + (transport.map { "?transport=\($0)" } ?? "")
    }

    private static func isAuthority(_ text: Substring) -> Bool {
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return false }
            let address = IPAddress(String(text[text.index(after: text.startIndex)..<end]))
            return address?.family == .ipv6 && isPort(text[text.index(after: end)...])
        }
        let host = text.prefix { $0 != ":" }
        return String(host).isHost && isPort(text[host.endIndex...])
    }

    /// Nothing, or a colon and a port.
    private static func isPort(_ text: Substring) -> Bool {
        guard !text.isEmpty else { return true }
        guard text.first == ":", text.dropFirst().utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return false
        }
        return UInt16(text.dropFirst()).map { $0 > 0 } ?? false
    }
}
