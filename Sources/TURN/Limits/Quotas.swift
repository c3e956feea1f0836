import Addresses
import Synchronization
import Timing

/// The user that an allocation counts for. This is a static user, or the id in a time-limited username, so that a
/// new expiry gains nothing, or that username itself if it has no id. It is kept as 64 bits of a hash, because the
/// name itself is not needed.
package struct UserID: Hashable, BitwiseCopyable, Sendable {
    let bits: UInt64
}

/// The user and address that pay for an allocation or a reservation: in the quotas, and with its ports on the
/// bills.
struct QuotaClaim: Hashable, BitwiseCopyable, Sendable {
    let user: UserID
    let address: AddressKey
}

/// A quota that is used up, or a share of the ports that is.
package enum Quota: UInt8, BitwiseCopyable, Sendable, CaseIterable {
    case user
    case address
    case total
    /// What an address may allocate in a minute.
    case rate
    /// The share of a user while ports are scarce.
    case userShare
    /// The share of an address while ports are scarce.
    case addressShare
}

/// How many allocations a user, an address and all together have, and how many an address has begun of late. Shared by
/// all loops; locked briefly per Allocate and per end of an allocation.
///
/// These are allocations and reservations that live. Ports, which outlive them, are on the bills of `RelayedPorts`.
package final class Quotas: Sendable {
    private struct Counts: Sendable {
        var total = 0
        var users: [UserID: Int] = [:]
        var addresses: [AddressKey: Int] = [:]
        var rate: AllocationRate
    }

    /// The most of each; 0 is no limit.
    package struct Limits: Equatable, Sendable {
        package var perUser = 12
        package var perAddress = 64
        package var total = 16_000
        /// What an address may begin in a minute, all at once if it was quiet.
        package var perAddressAndMinute = 300

        package init() {}
    }

    private let limits: Limits
    private let counts: Mutex<Counts>

    init(_ limits: Limits) {
        self.limits = limits
        counts = Mutex(Counts(rate: AllocationRate(perMinute: limits.perAddressAndMinute)))
    }

    /// Allocations and reservations there are.
    package var total: Int { counts.withLock { $0.total } }

    /// Users and addresses that are counted, and addresses whose rate is remembered.
    var entryCounts: (users: Int, addresses: Int, rates: Int) {
        counts.withLock { ($0.users.count, $0.addresses.count, $0.rate.count) }
    }

    /// Takes this number of allocations from all quotas, or takes nothing and returns the one that has too few
    /// left. An attempt that fails later gives them back, but still counts for the rate of the minute.
    func charge(_ count: Int, for claim: QuotaClaim, at now: MonotonicTime) -> Quota? {
        counts.withLock { counts in
            let user = counts.users[claim.user, default: 0] + count
            let address = counts.addresses[claim.address, default: 0] + count
            if limits.perUser > 0, user > limits.perUser { return .user }
            if limits.perAddress > 0, address > limits.perAddress { return .address }
            if limits.total > 0, counts.total + count > limits.total { return .total }
            guard counts.rate.admit(count, of: claim.address, at: now) else { return .rate }
            counts.users[claim.user] = user
            counts.addresses[claim.address] = address
            counts.total += count
            return nil
        }
    }

    /// Gives allocations back that have ended, or came to nothing.
    func giveBack(_ count: Int = 1, for claim: QuotaClaim) {
        counts.withLock { counts in
            counts.total -= count
            counts.users[claim.user] = counts.users[claim.user].flatMap { $0 > count ? $0 - count : nil }
            counts.addresses[claim.address] = counts.addresses[claim.address].flatMap {
                $0 > count ? $0 - count : nil
            }
        }
    }
}
