package import Addresses
import Synchronization
import Timing

/// What all loops share: the configuration, the users who may allocate, the quotas that are left, and the receiver
/// at each relayed address.
///
/// Parts that change are behind short locks, which are taken once per allocation and never while another is held.
/// Parts that are read for packets are atomic or constant.
package final class RelayAuthority: Sendable {
    package let configuration: TURNConfiguration
    package let ports: RelayedPorts
    package let quotas: Quotas
    package let revocations: Revocations
    let reservations: Reservations
    let credentials: Credentials
    let nonces: NonceKeys
    private let policy: Mutex<PeerPolicy>
    private let draining = Atomic(false)

    package init(_ configuration: TURNConfiguration) {
        self.configuration = configuration
        ports = RelayedPorts(
            relays: configuration.relays, range: configuration.relayPorts,
            restSeconds: configuration.portRestSeconds, share: FairShare(configuration.quotas))
        quotas = Quotas(configuration.quotas)
        revocations = Revocations(credentialSeconds: configuration.maxCredentialSeconds)
        reservations = Reservations(lifetimeSeconds: configuration.reservationSeconds)
        credentials = Credentials(
            users: configuration.users, secrets: configuration.secrets + configuration.passingSecrets,
            realm: configuration.realm)
        nonces = NonceKeys(
            secrets: configuration.secrets, users: configuration.users,
            lifetimeSeconds: configuration.nonceSeconds,
            // A client with an allocation asks for something before the allocation ends.
            graceSeconds: UInt64(configuration.maxAllocationSeconds))
        policy = Mutex(
            PeerPolicy(
                rules: configuration.peers, hostAddresses: configuration.hostAddresses,
                relays: configuration.relays))
    }

    /// No new allocations from now on: Allocate is answered 508. Existing ones stay.
    package func beginDraining() { draining.store(true, ordering: .relaxed) }

    package var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// Allocations on all loops at this moment, without reservations.
    package var allocationCount: Int { max(0, quotas.total - reservations.count) }

    /// The host's addresses have changed. Permissions that exist are not judged again.
    package func setHostAddresses(_ hostAddresses: [IPAddress]) {
        let changed = PeerPolicy(
            rules: configuration.peers, hostAddresses: hostAddresses, relays: configuration.relays)
        policy.withLock { $0 = changed }
    }

    /// Judges a peer's address.
    package func judgePeer(_ ip: IPAddress) -> PeerPolicy.Judgement { policy.withLock { $0 }.judgePeer(ip) }

    /// Gives back what ended reservations held, and says when the next one ends.
    @discardableResult
    func endReservations(at now: MonotonicTime, _ sockets: inout some RelaySockets & ~Copyable)
        -> MonotonicTime?
    {
        let (ended, next) = reservations.takeEnded(at: now)
        for reservation in ended { giveBack(reservation, at: now, &sockets) }
        return next
    }

    /// Gives back everything that an unused reservation held.
    func giveBack(
        _ reservation: Reservations.Reservation, at now: MonotonicTime,
        _ sockets: inout some RelaySockets & ~Copyable
    ) {
        sockets.release(reservation.socket)
        ports.giveBack(reservation.port, relay: reservation.relay, .unused, at: now)
        quotas.giveBack(for: reservation.claim)
    }
}
