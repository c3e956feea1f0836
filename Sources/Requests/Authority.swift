import Addresses

/// A host with an optional port, as it stands in a URI (RFC 3986 §3.2) or in a `Host` field (RFC 9110 §7.2).
package struct Authority: Equatable, Sendable, CustomStringConvertible {
    private static let maxBytes = 300

    /// As it was sent: a name, an IPv4 address, or an IPv6 address in its brackets.
    package let host: String
    /// Nil where none is given; an empty one counts as none (RFC 3986 §3.2.3).
    package let port: UInt16?
    /// The host as an address; nil for a name.
    private let address: IPAddress?

    /// Nil for anything else, user information (RFC 9110 §4.2.4) and zones among it. Names have letters, digits, `-`,
    /// `.` and `_`; at most 300 bytes in all.
    package init?(_ text: Substring) {
        guard (1...Self.maxBytes).contains(text.utf8.count) else { return nil }
        let field = text
        var host = field
        if field.first == "[" {
            guard let end = field.firstIndex(of: "]") else { return nil }
            host = field[...end]
            let inner = host.dropFirst().dropLast()
            guard inner.contains(":"), let address = IPAddress(String(inner)) else { return nil }
            self.address = address.unmapped
        } else {
            if let colon = field.firstIndex(of: ":") { host = field[..<colon] }
            guard !host.isEmpty, host.utf8.allSatisfy(Self.isNameByte) else { return nil }
            address = IPAddress(String(host))
        }
        switch Self.port(field[host.endIndex...]) {
        case .malformed: return nil
        case .none: port = nil
        case .number(let number): port = number
        }
        self.host = String(host)
    }

    /// The same for a whole text.
    package init?(_ text: String) { self.init(Substring(text)) }

    private enum PortText {
        case none
        case number(UInt16)
        case malformed
    }

    /// Reads what follows the host.
    private static func port(_ text: Substring) -> PortText {
        if text.isEmpty || text == ":" { return .none }
        let digits = text.dropFirst()
        guard text.first == ":", digits.utf8.allSatisfy(isDigit), let number = UInt16(digits) else {
            return .malformed
        }
        return .number(number)
    }

    /// Whether a browser takes the host for its own machine without asking a resolver: `localhost`, 127.0.0.0/8 or ::1.
    /// Names below `localhost` are not among it, because some systems ask a resolver for them.
    package var isLoopback: Bool { address?.isLoopback ?? (host.lowercased() == "localhost") }

    /// Whether both lead to the same place if a port that is not given is `defaultPort`.
    package func matches(_ other: Authority, defaultPort: UInt16) -> Bool {
        host.lowercased() == other.host.lowercased()
            && (port ?? defaultPort) == (other.port ?? defaultPort)
    }

    /// Host and port as they were sent.
    package var description: String { port.map { "\(host):\($0)" } ?? host }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: isDigit(byte)
        }
    }
}
