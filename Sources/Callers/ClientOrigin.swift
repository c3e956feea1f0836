package import Addresses

/// Who a request comes from, as far as limits are concerned.
package struct ClientOrigin: Hashable, Sendable {
    /// What per-address limits count this caller as.
    package let key: AddressKey
    /// A caller on this machine as ``RequestProvenance`` defines it. Exempt from per-address limits.
    package let isLocal: Bool
    /// A loopback caller that sent a forwarding header although no configured proxy covers it: most likely
    /// a reverse proxy on this machine that the operator forgot to name. All its clients count as one.
    package let viaUntrustedProxy: Bool

    /// Makes an origin; only tests and the resolver need to.
    package init(key: AddressKey, isLocal: Bool, viaUntrustedProxy: Bool = false) {
        self.key = key
        self.isLocal = isLocal
        self.viaUntrustedProxy = viaUntrustedProxy
    }
}
