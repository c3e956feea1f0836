package import Addresses
package import TLS

/// Where the relay listens and how it uses the machine. The authority decides what the relay allows.
package struct RelayServerConfiguration: Sendable {
    /// The most loops.
    package static let maxLoops = 16

    /// UDP addresses that clients speak to; at most 16, port 0 lets the kernel choose. Default: none.
    package var udpListeners: [TransportAddress] = []
    /// TCP addresses; at most 16, port 0 lets the kernel choose. Default: none.
    package var tcpListeners: [TransportAddress] = []
    /// TLS addresses; at most 16, port 0 lets the kernel choose; need ``tls``. Default: none.
    package var tlsListeners: [TransportAddress] = []
    /// The certificate of the TLS listeners. Default: none.
    package var tls: TLSSettings?
    /// The proxies whose TCP and TLS connections begin with a PROXY header that names the client. At most 64 ranges
    /// are sensible, because all are searched for each connection. Default: none.
    package var proxies: [IPRange] = []
    /// The bounds of TCP and TLS clients.
    package var streams = StreamLimits()
    /// Loops, each with a thread; 1 to 16. Default: one for each core.
    package var loops: Int = min(maxLoops, max(1, onlineProcessors()))
    /// Send runs of equal packets as one (UDP_SEGMENT) where the kernel can. Default: on.
    package var usesSendOffload = true
    /// Take runs of equal packets as one (UDP_GRO) where the kernel can. Default: on.
    package var usesReceiveOffload = true
    /// How long a loop may wait for more packets when they come often; 0 switches it off. Default: 250 µs.
    package var holdMicroseconds = 250

    package init() {}
}
