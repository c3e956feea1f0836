package import Addresses

/// What a request shows about its origin, beside its socket. This is the one definition of a local caller: a person
/// or a program on the server's own machine that speaks to it directly.
///
/// Local callers may read `/rooms` and `/demo/network.json` and are exempt from limits by address. A page of
/// another site in a browser on this machine is not local, although its requests come from this machine: it would
/// lend the privilege to a stranger. Its requests are recognised by their `Origin`, by `Sec-Fetch-Site`, or by the
/// host that they ask for, if the site has made one of its names resolve to this machine.
package struct RequestProvenance: Equatable, Sendable {
    /// The host that is asked for: of the target in absolute form, else of the `Host` field.
    package var authority = ""
    /// The connection began with a PROXY header.
    package var isProxied = false
    /// The values of all `X-Forwarded-For` fields in the order received.
    package private(set) var forwardedFor: [String] = []
    /// `Forwarded`, `Via`, `X-Real-IP`, or another field whose name begins with `X-Forwarded-`.
    package private(set) var hasOtherForwardingHeader = false
    /// The origins (RFC 6454) of the page that asks; one at most, as long as browsers ask.
    package private(set) var origins: [String] = []
    /// The values of `Sec-Fetch-Site` (W3C Fetch Metadata).
    package private(set) var fetchSites: [String] = []

    /// Of a request that shows nothing.
    package init() {}

    /// Whether a field whose name begins with this byte may be one that ``note(_:_:)`` takes; most names need not even
    /// be made texts.
    package static func mayNote(_ first: UInt8) -> Bool {
        switch first | 0x20 {
        case UInt8(ascii: "f"), UInt8(ascii: "o"), UInt8(ascii: "s"), UInt8(ascii: "v"), UInt8(ascii: "x"):
            true
        default: false
        }
    }

    /// Takes note of a header field. Most are none of those that count.
    ///
    /// - Parameter name: in lower case.
    package mutating func note(_ name: String, _ value: @autoclosure () -> String) {
        switch name {
        case "x-forwarded-for": forwardedFor.append(value())
        case "forwarded", "via", "x-real-ip": hasOtherForwardingHeader = true
        case "origin": origins.append(value())
        case "sec-fetch-site": fetchSites.append(value())
        default: if name.hasPrefix("x-forwarded-") { hasOtherForwardingHeader = true }
        }
    }

    /// Whether a proxy has passed the request on.
    package var isForwarded: Bool { !forwardedFor.isEmpty || hasOtherForwardingHeader }

    /// Whether it names a host that is not this machine's own.
    package var asksForAnotherHost: Bool { Authority(authority)?.isLoopback == false }

    /// Whether the caller is local, if the connection's other end has this address. What is missing or unreadable
    /// counts against it, a missing `Host` (HTTP/1.0) too; only browsers send the last two fields.
    package func isLocal(from socket: IPAddress) -> Bool {
        guard socket.isLoopback, !isProxied, !isForwarded, let host = Authority(authority), host.isLoopback
        else { return false }
        return origins.allSatisfy { Self.origin($0, isOf: host) }
            // "none" is a person's own doing, such as typing the address. "same-site" is another port of this machine.
            && fetchSites.allSatisfy { $0 == "same-origin" || $0 == "none" }
    }

    /// Whether a page of this origin is one of the server's own, which was asked for by `host`. A port speaks either
    /// HTTP or TLS, so that the scheme need not be compared.
    private static func origin(_ text: String, isOf host: Authority) -> Bool {
        guard let separator = text.firstRange(of: "://"),
            let scheme = RequestTarget.Scheme(rawValue: text[..<separator.lowerBound].lowercased()),
            let authority = Authority(text[separator.upperBound...])
        else { return false }
        return authority.matches(host, defaultPort: scheme == .https ? 443 : 80)
    }
}
