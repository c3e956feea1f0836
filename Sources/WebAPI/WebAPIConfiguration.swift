package import Requests

/// What the routes can be told. The defaults are the documented ones.
package struct WebAPIConfiguration: Sendable {
    /// Web origins whose pages may call the API; default any.
    package var allowedOrigins = AllowedOrigins.any
    /// Guards `/rooms` and `/metrics`; default none, which leaves `/rooms` to this machine.
    package var adminToken: AdminToken?
    /// The largest request body in bytes; default 16,384.
    package var maxBodyBytes = 16_384
    /// The largest body of a purge in bytes; default 65,536.
    package var maxPurgeBodyBytes = 65_536
    /// Limits of failed accepts.
    package var accepts = AcceptLimits()
    /// Creates a minute per address; default 300.
    package var createsPerMinute = 300
    /// Checks a minute per address; default 1,200.
    package var checksPerMinute = 1_200
    /// Requests for ICE servers a minute per address; default 120.
    package var iceServersPerMinute = 120
    /// How long `/readyz` waits for the store, and for the relay; default 2 s each.
    package var readinessTimeout = Duration.seconds(2)
    /// How long `/readyz` believes that the relay passed its self-test; default 30 s, for each one takes a port that
    /// then rests for two minutes.
    package var relayHealthFreshFor = Duration.seconds(30)

    /// The defaults.
    package init() {}
}

/// The secret of the operator, sent as `Authorization: Bearer …` (RFC 6750). Printing one shows nothing.
package struct AdminToken: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    private let bytes: [UInt8]

    /// Nil for empty text: no token is set.
    package init?(_ text: String) {
        guard !text.isEmpty else { return nil }
        bytes = Array(text.utf8)
    }

    /// Compares in a time that depends on the length of `candidate` only.
    package func matches(_ candidate: some StringProtocol) -> Bool {
        var difference: UInt8 = candidate.utf8.count == bytes.count ? 0 : 1
        for (index, byte) in candidate.utf8.enumerated() {
            difference |= byte ^ bytes[index % bytes.count]
        }
        return difference == 0
    }

    /// A placeholder.
    package var description: String { "<admin token>" }
    /// The same placeholder.
    package var debugDescription: String { description }
}
