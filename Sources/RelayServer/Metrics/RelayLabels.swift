package import TURN

extension ClientTransport {
    /// The metrics' `transport` label.
    package var label: String {
        switch self {
        case .udp: "udp"
        case .tcp: "tcp"
        case .tls: "tls"
        }
    }
}

extension DropReason {
    /// The metric's `reason` label.
    package var label: String {
        switch self {
        case .notSTUN: "not_stun"
        case .malformed: "malformed"
        case .unexpected: "unexpected"
        case .noAllocation: "no_allocation"
        case .noChannel: "no_channel"
        case .noPermission: "no_permission"
        case .peerDenied: "peer_denied"
        case .deadRelayedAddress: "dead_relayed_address"
        case .bandwidth: "bandwidth"
        case .unauthenticatedLimit: "unauthenticated_limit"
        }
    }
}

extension PeerDenial {
    /// The metric's `reason` label.
    package var label: String {
        switch self {
        case .ownAddress: "own_address"
        case .loopback: "loopback"
        case .privateNetwork: "private_network"
        case .multicast: "multicast"
        case .special: "special"
        case .cloudMetadata: "cloud_metadata"
        case .configured: "configured"
        case .port: "port"
        case .deadRelayedAddress: "dead_relayed_address"
        }
    }
}

extension Quota {
    /// The metric's `quota` label.
    package var label: String {
        switch self {
        case .user: "user"
        case .address: "address"
        case .total: "total"
        case .rate: "address_rate"
        case .userShare: "user_share"
        case .addressShare: "address_share"
        }
    }
}

extension RelaySnapshot {
    /// The metric's `quota` label of allocations that were refused because no port was left.
    package static let portsQuota = "ports"
}
