import Timing

/// What one allocation may relay in one direction (`max-bps`): a rate limit whose events cost as many units as they have.
/// Off when the cost is 0.
struct ThroughputLimit: BitwiseCopyable, Sendable {
    /// The price of a byte or a packet in nanoseconds, in 1/1024ths, and how far ahead an allocation may be.
    struct Price: BitwiseCopyable, Sendable {
        let cost: Int64
        let tolerance: Int64

        /// A limit of units a second with bursts of a quarter of a second; 0 units is no limit.
        init(perSecond units: UInt64) {
            cost = units == 0 ? 0 : Int64(max(1_024_000_000_000 / units, 1))
            tolerance = 250_000_000
        }

        var isOn: Bool { cost > 0 }
    }

    private var limit = RateLimit()

    /// Whether so many units may pass now; if so they are counted.
    @inline(__always)
    mutating func admits(_ units: Int, _ price: Price, at now: MonotonicTime) -> Bool {
        guard price.isOn else { return true }
        let cost = (Int64(truncatingIfNeeded: units) &* price.cost) &>> 10
        return limit.allows(cost: cost, tolerance: price.tolerance, at: now)
    }
}
