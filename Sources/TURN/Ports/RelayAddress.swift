package import Addresses

/// An address from which allocations get their relayed addresses.
package struct RelayAddress: Hashable, BitwiseCopyable, Sendable {
    /// Where relay sockets are bound.
    package let local: IPAddress
    /// The address that clients are told: the same, or the public address of a NAT in front (`external-ip`). Of the
    /// same family.
    package let advertised: IPAddress

    package init(local: IPAddress, advertised: IPAddress? = nil) {
        self.local = local
        self.advertised = advertised ?? local
    }

    package var family: IPAddress.Family { local.family }
}
