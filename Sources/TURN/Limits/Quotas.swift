package import STUN
import Synchronization

/// Whom an allocation counts for: a static user, or the id in a time-limited username (what follows the colon), so
/// that minting a new expiry gains nothing. 64 bits of a hash, for the name itself is not needed.
package struct UserID: Hashable, BitwiseCopyable, Sendable {
    let bits: UInt64
}

/// What an allocation took from the quotas, to be given back once.
struct QuotaClaim: Hashable, BitwiseCopyable, Sendable {
    let user: UserID
    /// The client's address as `IPAddress.quotaKey`.
    let address: IPAddress
}

/// A quota that is used up.
package enum Quota: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    case user
    case address
    case total
}

/// How many allocations a user, an address and all together have. Shared by all loops; locked briefly per Allocate and
/// per end of an allocation.
///
/// A claim is given back only when the allocation has ended altogether, its port at rest. Where ports are scarce, what
/// a user has at rest counts too, or a single one could empty the pool by ending and beginning quickly.
package final class Quotas: Sendable {
    private struct Counts: Sendable {
        var total = 0
        var users: [UserID: Int] = [:]
        var addresses: [IPAddress: Int] = [:]
        var resting: RestingShares
    }

    /// The most of each; 0 is no limit.
    package struct Limits: Equatable, Sendable {
        package var perUser = 12
        package var perAddress = 64
        package var total = 16_000

        package init() {}
    }

    private let limits: Limits
    private let counts: Mutex<Counts>

    init(_ limits: Limits, restSeconds: UInt32) {
        self.limits = limits
        counts = Mutex(Counts(resting: RestingShares(restSeconds: restSeconds)))
    }

    /// Allocations and reservations there are.
    package var total: Int { counts.withLock { $0.total } }

    /// Takes one allocation from all quotas, or says which has none left. `fairShare` is how many ports a user may
    /// have in use and at rest, if ports are scarce.
    func take(_ claim: QuotaClaim, fairShare: Int?, at now: Instant) -> Quota? {
        counts.withLock { counts in
            let user = counts.users[claim.user, default: 0]
            let address = counts.addresses[claim.address, default: 0]
            if limits.perUser > 0, user >= limits.perUser { return .user }
            if limits.perUser > 0, let fairShare {
                let used = user + counts.resting.count(claim.user, at: now)
                if used >= max(fairShare, limits.perUser) { return .user }
            }
            if limits.perAddress > 0, address >= limits.perAddress { return .address }
            if limits.total > 0, counts.total >= limits.total { return .total }
            counts.users[claim.user] = user + 1
            counts.addresses[claim.address] = address + 1
            counts.total += 1
            return nil
        }
    }

    /// Gives one back that came to nothing.
    func giveBackUnused(_ claim: QuotaClaim) { counts.withLock { Self.release(claim, &$0) } }

    /// Gives one back whose port goes to rest.
    func giveBack(_ claim: QuotaClaim, at now: Instant) {
        counts.withLock { counts in
            Self.release(claim, &counts)
            counts.resting.add(claim.user, at: now)
        }
    }

    private static func release(_ claim: QuotaClaim, _ counts: inout Counts) {
        counts.total -= 1
        counts.users[claim.user] = counts.users[claim.user].flatMap { $0 > 1 ? $0 - 1 : nil }
        counts.addresses[claim.address] = counts.addresses[claim.address].flatMap { $0 > 1 ? $0 - 1 : nil }
    }
}

extension IPAddress {
    /// What counts as one client for limits: an IPv4 address, the first 64 bits of an IPv6 address, which is what a
    /// home or a phone gets.
    package var quotaKey: IPAddress { family == .ipv4 ? self : IPAddress(v6High: high, low: 0) }
}
