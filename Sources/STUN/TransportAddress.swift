/// An IP address and a port, as plain bits: what a socket is bound to or a packet comes from.
package struct TransportAddress: Hashable, BitwiseCopyable, Sendable {
    package let ip: IPAddress
    package let port: UInt16

    @inline(__always)
    package init(_ ip: IPAddress, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    @inline(__always)
    package var family: IPAddress.Family { ip.family }
}
