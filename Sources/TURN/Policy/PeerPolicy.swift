package import Addresses

/// Which addresses may be peers: the one answer for CreatePermission, ChannelBind, Send and in-process delivery.
///
/// A wrapped IPv4 address is judged twice, as it is written and as the address that it contains, and both must
/// pass. The rules in order: multicast where it is always denied, the operator's allowed ranges, the operator's
/// denied ranges, this host's own addresses, the special ranges.
package struct PeerPolicy: Sendable {
    /// The verdict on an address, before any port is known.
    package enum Judgement: BitwiseCopyable, Equatable, Sendable {
        /// Reached by a socket, whatever its port.
        case reachable
        /// An address of this relay, by its number: only live ports, and only in process, unless `otherPorts`.
        case relayed(number: UInt8, otherPorts: Bool)
        case denied(PeerDenial)
    }

    /// The rules of the operator.
    package struct Rules: Equatable, Sendable {
        /// Ranges that may be peers, whatever else they are (`allowed-peer-ip`).
        package var allowed: [IPRange] = []
        /// Ranges that may not be peers unless they are allowed (`denied-peer-ip`).
        package var denied: [IPRange] = []
        /// Development only: loopback may be a peer, on every port of this host.
        package var allowsLoopback = false
        /// Development only: private networks may be peers.
        package var allowsPrivate = false
        /// Multicast is denied even where a range allows it (`no-multicast-peers`). It is never allowed without one.
        package var deniesMulticast = false
        /// UDP ports that are never sent to, because their services reflect and amplify.
        package var deniedPorts: [UInt16] = PeerPolicy.reflectionPorts

        package init() {}
    }

    /// DNS, NTP, SNMP, connectionless LDAP, SSDP, memcached.
    package static let reflectionPorts: [UInt16] = [53, 123, 161, 389, 1900, 11211]

    private let rules: Rules
    private let own: Set<IPAddress>
    private let relayed: [IPAddress: UInt8]
    private let deniedPorts: [UInt16]

    /// A policy made of the operator's rules, this host's addresses and, by number, the relay's addresses as they
    /// are bound and as clients see them.
    package init(rules: Rules, hostAddresses: [IPAddress], relays: [RelayAddress]) {
        self.rules = rules
        var own = Set(hostAddresses)
        var relayed: [IPAddress: UInt8] = [:]
        for (number, relay) in zip(UInt8(0)..., relays) {
            for ip in [relay.local, relay.advertised] where !ip.isUnspecified {
                own.insert(ip)
                if relayed[ip] == nil { relayed[ip] = number }
            }
        }
        self.own = own
        self.relayed = relayed
        deniedPorts = rules.deniedPorts
    }

    /// Judges an address. Searches some fifty ranges: for requests, not for packets.
    package func judgePeer(_ ip: IPAddress) -> Judgement {
        let denial = self.denial(of: ip)
        if let number = relayed[ip], denial != .configured {
            return .relayed(number: number, otherPorts: denial == nil)
        }
        if let denial { return .denied(denial) }
        if let inner = ip.embeddedIPv4 {
            // A wrapped form of one of our own addresses is never given to clients: no exception for it.
            if let denial = self.denial(of: inner) { return .denied(denial) }
        }
        return .reachable
    }

    /// Whether a port may be sent to at an address that is `reachable`.
    @inline(__always)
    package func admits(port: UInt16) -> Bool {
        for denied in deniedPorts where denied == port { return false }
        return port != 0
    }

    private func denial(of ip: IPAddress) -> PeerDenial? {
        let special = SpecialAddresses.denial(of: ip)
        if special == .multicast, rules.deniesMulticast { return .multicast }
        if rules.allowed.contains(where: { $0.contains(ip) }) { return nil }
        if rules.denied.contains(where: { $0.contains(ip) }) { return .configured }
        switch special {
        case .loopback where rules.allowsLoopback: return nil
        case .privateNetwork where rules.allowsPrivate: return nil
        case nil: return own.contains(ip) ? .ownAddress : nil
        default: return special
        }
    }
}
