package import Signaling

/// What the web server asks of the relay and of the issuer of its credentials. All closures may be called from any
/// thread, at any rate. Those that are not `async` must not block.
package struct RelayServices: Sendable {
    /// The ICE servers for one member of a room; nil when there are none to tell of.
    package var iceServers: @Sendable (_ room: String, _ member: String) -> ICEServers?
    /// Whether the relay works; nil when there is none here.
    package var isHealthy: (@Sendable () async -> Bool)?
    /// Takes connections of the web server's ports that speak STUN; nil if the relay has no part in these ports, and
    /// such bytes are bad input.
    package var takeStream: StreamTaker?

    /// The defaults are those of a server without any relay.
    package init(
        iceServers: @escaping @Sendable (_ room: String, _ member: String) -> ICEServers? = { _, _ in nil },
        isHealthy: (@Sendable () async -> Bool)? = nil,
        takeStream: StreamTaker? = nil
    ) {
        self.iceServers = iceServers
        self.isHealthy = isHealthy
        self.takeStream = takeStream
    }
}
