import Synchronization
import Timing

/// Ports held for the second allocation of a pair (RESERVATION-TOKEN, RFC 8656 §7.2). Shared by all loops, because
/// the second Allocate comes on another five-tuple and may reach another loop.
///
/// A reservation counts against its user's quota like the allocation that it is for, and only that user can redeem it.
final class Reservations: Sendable {
    /// A held port.
    struct Reservation: Sendable {
        let relay: UInt8
        let port: UInt16
        let socket: HeldRelaySocket
        let claim: QuotaClaim
        let ends: MonotonicTime
    }

    private struct State: Sendable {
        var byToken: [UInt64: Reservation] = [:]
        /// Tokens in the order in which their reservations end.
        var order: [UInt64] = []
    }

    /// Reservations at a time; beyond, EVEN-PORT with R is answered 508.
    static let maximumCount = 4096

    private let state = Mutex(State())
    private let lifetime: UInt32

    init(lifetimeSeconds: UInt32) { lifetime = lifetimeSeconds }

    /// Reservations that are held, ended ones included until they are taken out.
    var count: Int { state.withLock { $0.byToken.count } }

    /// Holds a port under a random token; false when too many are held or the token is taken.
    func hold(
        _ port: UInt16, relay: UInt8, _ socket: HeldRelaySocket, claim: QuotaClaim, token: UInt64,
        at now: MonotonicTime
    ) -> Bool {
        state.withLock { state in
            guard state.byToken.count < Self.maximumCount, state.byToken[token] == nil else { return false }
            state.byToken[token] = Reservation(
                relay: relay, port: port, socket: socket, claim: claim,
                ends: now.advanced(bySeconds: lifetime))
            state.order.append(token)
            return true
        }
    }

    /// Ends a reservation and gives its user what it held. Gives nothing to other users, or when it has expired.
    func redeem(_ token: UInt64, user: UserID, at now: MonotonicTime) -> Reservation? {
        state.withLock { state in
            guard let held = state.byToken[token], held.claim.user == user, now < held.ends else {
                return nil
            }
            state.byToken[token] = nil
            state.order.removeAll { $0 == token }
            return held
        }
    }

    /// Takes out all reservations, because the server stops: their sockets are to be released.
    func takeAll() -> [Reservation] {
        state.withLock { state in
            let all = Array(state.byToken.values)
            state = State()
            return all
        }
    }

    /// Takes out the reservations that were not redeemed in time. The caller gives back their sockets, ports and
    /// claims. Also returns when the next one ends.
    func takeEnded(at now: MonotonicTime) -> (ended: [Reservation], next: MonotonicTime?) {
        state.withLock { state in
            var ended: [Reservation] = []
            while let token = state.order.first, let held = state.byToken[token], held.ends <= now {
                ended.append(held)
                state.byToken[token] = nil
                state.order.removeFirst()
            }
            return (ended, state.order.first.flatMap { state.byToken[$0]?.ends })
        }
    }
}
