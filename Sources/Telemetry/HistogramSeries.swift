import CoreMetrics
import Synchronization

/// Counts of observations by size: a swift-metrics recorder or timer, or a histogram that is filled in batches.
///
/// Timers record seconds. Observations that are not a number are ignored.
final class HistogramSeries: RecorderHandler, TimerHandler {
    /// One consistent reading.
    struct Reading {
        /// Observations per bucket, not cumulative; one more than there are bounds, the last is "above all bounds".
        var counts: [UInt64]
        var sum: Double
    }

    /// The inclusive upper bounds of the buckets, ascending.
    let bounds: [Double]
    private let state: Mutex<Reading>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(Reading(counts: Array(repeating: 0, count: bounds.count + 1), sum: 0))
    }

    func record(_ value: Int64) {
        record(Double(value))
    }

    func record(_ value: Double) {
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock {
            $0.counts[bucket] += 1
            $0.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) {
        record(Double(duration) / 1_000_000_000)
    }

    func add(bucketCounts: [UInt64], sum: Double) {
        precondition(bucketCounts.count == bounds.count + 1, "one count a bound, and one above them all")
        state.withLock {
            for bucket in bucketCounts.indices {
                $0.counts[bucket] += bucketCounts[bucket]
            }
            $0.sum += sum
        }
    }

    var current: Reading {
        state.withLock { $0 }
    }
}

/// A histogram that is filled with counts its owner has already sorted into buckets.
///
/// An event loop counts in plain integers of its own and folds them in here once a second, so that a message
/// costs no lock. Safe to use from any thread; adding takes a short lock.
package struct HistogramHandle: Sendable {
    let series: HistogramSeries

    /// The inclusive upper bounds of the buckets, ascending.
    package var bounds: [Double] { series.bounds }

    /// Adds observations that were counted elsewhere.
    ///
    /// - Parameters:
    ///   - bucketCounts: New observations per bucket, not cumulative: one element for each of `bounds`, then one
    ///     for what is above them all. Another number of elements is a programming error and traps.
    ///   - sum: The sum of these observations, in the histogram's unit.
    package func add(bucketCounts: [UInt64], sum: Double) {
        series.add(bucketCounts: bucketCounts, sum: sum)
    }

    /// Adds one observation, in the histogram's unit.
    package func record(_ value: Double) {
        series.record(value)
    }
}
