import Addresses
import Timing

/// Token buckets, one per address. An address may make so many allocations a minute, all of them at once if it was
/// quiet.
///
/// A bucket means nothing once it is full again. Buckets are kept in two generations. At most once a minute a write
/// turns the younger generation into the older one and drops the previous older one, whose buckets are full by then. So
/// nothing is kept for longer than two minutes of writes, and dropping needs no search.
struct AllocationRate: Sendable {
    /// Addresses in a generation. A full younger generation becomes the older one early. The addresses that have
    /// been quiet for longest are forgotten then: they gain the least from starting afresh.
    static let maxAddresses = 32_768

    /// Nanoseconds between two allocations in the long run; 0 is no limit.
    private let interval: Int64
    /// How far ahead of now a bucket's time may be, in nanoseconds.
    private let window: Int64
    private let maxAddresses: Int
    private var younger: [AddressKey: RateLimit] = [:]
    private var older: [AddressKey: RateLimit] = [:]
    /// When the younger generation began, in nanoseconds.
    private var began: Int64 = 0

    /// - Parameter perMinute: allocations a minute; 0 is no limit. A pair can always be had: a bucket holds at least two.
    init(perMinute: Int, maxAddresses: Int = Self.maxAddresses) {
        interval = perMinute > 0 ? max(60_000_000_000 / Int64(perMinute), 1) : 0
        window = interval * Int64(max(perMinute, 2))
        self.maxAddresses = max(maxAddresses, 1)
    }

    /// Takes so many allocations out of an address's bucket; false, having taken nothing, if there are fewer in it.
    mutating func admit(_ count: Int, of address: AddressKey, at now: MonotonicTime) -> Bool {
        guard interval > 0 else { return true }
        changeGenerations(at: now.nanoseconds)
        let cost = interval * Int64(count)
        var bucket = younger[address] ?? older[address] ?? RateLimit()
        guard bucket.allows(cost: cost, tolerance: window - cost, at: now) else { return false }
        younger[address] = bucket
        return true
    }

    /// Buckets that are kept.
    var count: Int { younger.count + older.count }

    private mutating func changeGenerations(at now: Int64) {
        guard now >= began + window || younger.count >= maxAddresses else { return }
        older = now >= began + 2 * window ? [:] : younger
        younger = [:]
        began = now
    }
}
