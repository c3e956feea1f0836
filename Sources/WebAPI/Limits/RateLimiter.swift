import Addresses
import Callers
import Synchronization

/// Token buckets, one an address: so many calls a minute, all of them at once if the address was quiet.
///
/// A pure value; time is an argument. A bucket is one instant, the time at which it will be full again
/// (the generic cell rate algorithm of ITU-T I.371), and is forgotten then.
struct RateLimiter {
    private struct Bucket: Expiring {
        let expires: ContinuousClock.Instant
    }

    /// Addresses counted at a time. When as many are active, the fullest bucket is forgotten: its address
    /// gains the least from starting afresh.
    static var maxAddresses: Int { 65_536 }

    private let interval: Duration
    private let window: Duration
    private var buckets: ExpiringTable<Bucket>

    /// - Parameters:
    ///   - perMinute: calls a minute, at least 1.
    ///   - maxAddresses: bound of the table.
    init(perMinute: Int, maxAddresses: Int = Self.maxAddresses) {
        interval = .seconds(60) / max(1, perMinute)
        window = interval * max(1, perMinute)
        buckets = ExpiringTable(capacity: maxAddresses)
    }

    /// Takes one call out of the address's bucket. Returns nil, or how long to wait for the next one; a
    /// refused call takes nothing.
    mutating func take(_ key: AddressKey, now: ContinuousClock.Instant) -> Duration? {
        let fullAt = (buckets.value(of: key, now: now)?.expires ?? now) + interval
        let excess = now.duration(to: fullAt) - window
        guard excess <= .zero else { return excess }
        buckets.set(Bucket(expires: fullAt), for: key, now: now)
        return nil
    }

    /// Addresses in the table.
    var count: Int { buckets.count }
}

/// A `RateLimiter` for many threads. Local callers are exempt.
final class SharedRateLimiter: Sendable {
    private let limiter: Mutex<RateLimiter>

    init(perMinute: Int) {
        limiter = Mutex(RateLimiter(perMinute: perMinute))
    }

    /// Takes one call for this origin: nil, or how long to wait.
    func take(_ origin: ClientOrigin, now: ContinuousClock.Instant = .now) -> Duration? {
        origin.isLocal ? nil : limiter.withLock { $0.take(origin.key, now: now) }
    }
}
