import Addresses
import CDatagrams
import Glibc
import TLS
package import TURN

extension RelayServer {
    /// Allocates, relays a packet to itself, and checks that it comes back, through a listener for UDP or TCP if
    /// there is one. Blocks for up to two seconds: not for an event loop.
    ///
    /// - Parameter credential: one that the relay accepts now; its quotas count.
    package func selfTest(_ credential: TimeLimitedCredential) -> SelfTestResult {
        guard let listening, let family = relayFamily else { return .skipped }
        let isStream = listening.udp.isEmpty
        guard let listener = listening.udp.first ?? listening.tcp.first else {
            return selfTestInside(credential, family)
        }
        let ip: IPAddress =
            listener.ip.isUnspecified
            ? (listener.family == .ipv4 ? .loopbackIPv4 : .loopbackIPv6) : listener.ip
        return SelfTest.run(
            TransportAddress(ip, port: listener.port), isStream: isStream,
            // A connection to an address of this machine comes from the same address.
            isProxied: isStream && isProxy(ip), family: family, credential: credential)
    }

    /// Over a connection that does not leave the process, for relays that only TLS or another server's ports lead
    /// to.
    private func selfTestInside(
        _ credential: TimeLimitedCredential, _ family: IPAddress.Family
    ) -> SelfTestResult {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return .failed(.connect) }
        // No client on the network connects to port 0.
        let client = TransportAddress(.loopbackIPv4, port: .random(in: 1...UInt16.max))
        adopt(
            DetachedStream(
                socket: ends[0], client: client, server: TransportAddress(.loopbackIPv4, port: 0), tls: nil,
                received: []))
        return SelfTest.run(SelfTestSocket(stream: ends[1]), family: family, credential: credential)
    }
}
