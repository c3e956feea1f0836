/// What a request asks for: its request-target in any of the four forms of RFC 9112 §3.2. Handshakes, REST, pages and
/// redirections all read it here, so that one text means the same to all of them.
package struct RequestTarget: Equatable, Sendable {
    /// What is asked for.
    package enum Subject: Equatable, Sendable {
        /// A path of this server.
        case resource
        /// The server itself: `*` of OPTIONS (RFC 9110 §9.3.7).
        case server
        /// The end of a tunnel: CONNECT's form, which is not looked at.
        case tunnel
    }

    /// The scheme of a target in absolute form. No other leads to an HTTP server.
    package enum Scheme: String, Sendable {
        case http
        case https
    }

    package let subject: Subject
    /// Without the query. It begins with a slash; empty unless the subject is a resource.
    package let path: String
    /// The target in origin form: the path, and the query behind it if there is one.
    package let pathAndQuery: String
    /// Of the absolute form; nil in any other.
    package let scheme: Scheme?
    /// Of the absolute form; nil in any other. It replaces the `Host` field (RFC 9112 §3.2.2).
    package let authority: Authority?

    /// Nil for what is no target of an HTTP server: another scheme, no host or user information in it, a fragment,
    /// control characters, `*` with another method than OPTIONS.
    package init?(_ text: Substring, method: Substring) {
        if method == "CONNECT" {
            self.init(.tunnel)
        } else if text == "*" {
            guard method == "OPTIONS" else { return nil }
            self.init(.server)
        } else if text.utf8.first == UInt8(ascii: "/") {
            self.init(path: String(text))
        } else {
            self.init(absolute: text, method: method)
        }
    }

    /// The same for whole texts.
    package init?(_ text: String, method: String) { self.init(Substring(text), method: Substring(method)) }

    private init(_ subject: Subject, scheme: Scheme? = nil, authority: Authority? = nil) {
        self.subject = subject
        path = ""
        pathAndQuery = subject == .server ? "*" : ""
        self.scheme = scheme
        self.authority = authority
    }

    private init?(path text: String, scheme: Scheme? = nil, authority: Authority? = nil) {
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "#") }) else { return nil }
        subject = .resource
        path = String(text[..<(text.utf8.firstIndex(of: UInt8(ascii: "?")) ?? text.endIndex)])
        pathAndQuery = text
        self.scheme = scheme
        self.authority = authority
    }

    /// Reads `http://host:port/path?query`. An empty path is `/`, and for OPTIONS without a query the server itself
    /// (RFC 9112 §3.2.4).
    private init?(absolute text: Substring, method: Substring) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")),
            let scheme = Scheme(rawValue: text[..<colon].lowercased()),
            text.utf8[colon...].starts(with: "://".utf8)
        else { return nil }
        let rest = text[text.utf8.index(colon, offsetBy: 3)...]
        let end = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? rest.endIndex
        guard let authority = Authority(rest[..<end]) else { return nil }
        let tail = rest[end...]
        if tail.isEmpty, method == "OPTIONS" {
            self.init(.server, scheme: scheme, authority: authority)
        } else {
            let path = tail.utf8.first == UInt8(ascii: "/") ? String(tail) : "/" + tail
            self.init(path: path, scheme: scheme, authority: authority)
        }
    }
}
