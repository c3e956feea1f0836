package import Addresses
import STUN

/// All parameters of the rules, with safe defaults.
package struct TURNConfiguration: Sendable {
    // MARK: Who

    /// The realm of long-term credentials (RFC 8489 §9.2), part of every key. A short one keeps answers to strangers
    /// small.
    package var realm = "switchboard"
    /// Long-term users; none by default.
    package var users: [StaticUser] = []
    /// Secrets of time-limited credentials, all valid; the first one keys the nonces.
    package var secrets: [SharedSecret] = []
    /// Secrets of time-limited credentials that exist for this start only. They key no nonces, which outlive a
    /// restart.
    package var passingSecrets: [SharedSecret] = []
    /// The longest lifetime of a credential, which is how long a revocation is kept.
    package var maxCredentialSeconds: UInt64 = 86_400

    // MARK: Where

    /// Addresses that relay sockets are bound to, in the order of preference. A family without one is not relayed.
    package var relays: [RelayAddress] = []
    /// All addresses of this host's interfaces, and public ones that lead here. They cannot be peers.
    package var hostAddresses: [IPAddress] = []
    /// Ports of relayed addresses (RFC 8656 §7.2 asks for 49152 to 65535).
    package var relayPorts: ClosedRange<UInt16> = 49_152...65_535
    /// Which addresses may be peers.
    package var peers = PeerPolicy.Rules()

    // MARK: How long, in seconds

    /// Lifetime of an allocation whose client asks for none or less (RFC 8656 §3.2).
    package var allocationSeconds: UInt32 = 600
    /// The longest lifetime a client can ask for (RFC 8656 §7.2).
    package var maxAllocationSeconds: UInt32 = 3600
    /// RFC 8656 §9.
    package var permissionSeconds: UInt32 = 300
    /// RFC 8656 §12.
    package var channelSeconds: UInt32 = 600
    /// How long a nonce is accepted; 0 for ever.
    package var nonceSeconds: UInt64 = 3600
    /// How long the second port of a pair is held (RFC 8656 §7.2).
    package var reservationSeconds: UInt32 = 30
    /// How long a port rests after use (RFC 8656 §7.2). A port that no datagram has left or reached does not rest.
    package var portRestSeconds: UInt32 = 120
    /// How long a deleting Refresh is remembered for its retransmissions: RFC 8489 §6.2.1 ends them after 39.5 s.
    package var tombstoneSeconds: UInt32 = 40

    // MARK: How much

    /// The most permissions that an allocation can count.
    package static let permissionBound = Int(Allocation.ElementCount.max)
    /// The most channels: there are no more numbers (RFC 8656 §12).
    package static let channelBound = ChannelDataHeader.channels.count

    /// Allocations per user, per address and in total, and how many an address may begin in a minute.
    package var quotas = Quotas.Limits()
    /// Permissions an allocation; more than ``permissionBound`` count as so many.
    package var maxPermissions = 256
    /// Channels an allocation; more than ``channelBound`` count as so many.
    package var maxChannels = 64
    /// Bytes of payload a second an allocation may relay in each direction (`max-bps`); 0 is no limit.
    package var maxBytesPerSecond: UInt64 = 0
    /// Packets a second an allocation may relay in each direction; 0 is no limit.
    package var maxPacketsPerSecond: UInt64 = 0
    /// Unsigned answers a second that an address (IPv6: /64) gets from one loop. The limit applies separately to
    /// its datagrams, to its datagrams with a nonce from this server, and to its streams. 0 is no limit.
    package var unauthenticatedAnswersPerSecond = 200
    /// How many of them at once.
    package var unauthenticatedAnswerBurst = 2_000

    // MARK: Style

    /// FINGERPRINT in every answer; without, only in answers to requests that have one (RFC 8489 §14.7).
    package var alwaysFingerprints = false
    /// Answers to Binding requests without the magic cookie (RFC 3489), over UDP.
    package var answersClassicBinding = true

    package init() {}
}
