/// The status code of a close frame (RFC 6455 §7.4 and IANA's registry).
package struct CloseCode: RawRepresentable, Hashable, Sendable {
    /// The number that a close frame holds.
    package let rawValue: UInt16

    /// Any number; see ``isAllowedOnTheWire``.
    package init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The endpoint goes away: the server stops, or the page is left.
    package static let goingAway = CloseCode(rawValue: 1001)
    /// A frame broke the protocol.
    package static let protocolError = CloseCode(rawValue: 1002)
    /// A text is not UTF-8.
    package static let invalidPayload = CloseCode(rawValue: 1007)
    /// The peer broke a rule above the protocol, such as a rate.
    package static let policyViolation = CloseCode(rawValue: 1008)
    /// A message is longer than the endpoint takes.
    package static let messageTooBig = CloseCode(rawValue: 1009)
    /// The server cannot serve this peer now; registered with IANA, not in RFC 6455.
    package static let tryAgainLater = CloseCode(rawValue: 1013)

    /// Whether a peer may put this code into a close frame: the registered codes that are not reserved for
    /// local use (1004, 1005, 1006 and 1015 are), and 3000 to 4999 for libraries and applications.
    package var isAllowedOnTheWire: Bool {
        switch rawValue {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
