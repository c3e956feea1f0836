package import STUN

/// What a proxy says of a connection in front of its bytes: the PROXY protocol, versions 1 and 2.
package struct ProxyHeader: Equatable, Sendable {
    /// Where the connection comes from; nil if the proxy made it for itself or does not say.
    package let source: TransportAddress?
    /// Where it was to go; nil as above.
    package let destination: TransportAddress?
    /// How many bytes the header took.
    package let byteCount: Int

    package init(source: TransportAddress?, destination: TransportAddress?, byteCount: Int) {
        (self.source, self.destination, self.byteCount) = (source, destination, byteCount)
    }
}
