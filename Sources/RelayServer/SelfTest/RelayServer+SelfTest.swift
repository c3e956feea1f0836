import STUN
package import TURN

extension RelayServer {
    /// Allocates, relays a packet to itself, and looks whether it comes back, by way of a listener. Blocks for up to
    /// two seconds: not for an event loop.
    ///
    /// - Parameter credential: one that the relay accepts now; its quotas count.
    package func selfTest(_ credential: TimeLimitedCredential) -> SelfTestResult {
        guard let listening, let family = relayFamily else { return .skipped }
        let isStream = listening.udp.isEmpty
        guard let listener = listening.udp.first ?? listening.tcp.first else { return .skipped }
        let ip: IPAddress =
            listener.ip.isUnspecified
            ? (listener.family == .ipv4 ? .loopbackIPv4 : .loopbackIPv6) : listener.ip
        return SelfTest.run(
            TransportAddress(ip, port: listener.port), isStream: isStream,
            // What connects to an address of this machine comes from there.
            isProxied: isStream && isProxy(ip), family: family, credential: credential)
    }
}
