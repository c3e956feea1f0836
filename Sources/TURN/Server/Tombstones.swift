import Addresses
import STUN
import Timing

/// Allocations that a Refresh ended a moment ago, so that its retransmission gets the same success again instead of
/// 437, and a late copy of the Allocate does not make another one.
///
/// A bounded ring with one stone a five-tuple: when many end at once the oldest are forgotten, and their clients get
/// the 437 that RFC 8656 §8.2 lets them take for success.
struct Tombstones: ~Copyable {
    // Not private: the compiler stumbles over private elements of another file's noncopyable generic storage.
    struct Stone: BitwiseCopyable {
        let fiveTuple: FiveTuple
        let hash: UInt32
        let made: TransactionID
        let ended: TransactionID
        let until: MonotonicTime
    }

    static let maximumCount: UInt32 = 1024

    private let seconds: UInt32
    private var stones = Slab<Stone>()
    private var table = IndexTable()
    private var oldest: UInt32 = 0

    init(seconds: UInt32) { self.seconds = seconds }

    mutating func add(
        _ fiveTuple: FiveTuple, _ hash: UInt32, made: TransactionID, ended: TransactionID,
        at now: MonotonicTime
    ) {
        let stone = Stone(
            fiveTuple: fiveTuple, hash: hash, made: made, ended: ended,
            until: now.advanced(bySeconds: seconds))
        if let same = find(fiveTuple, hash) {
            stones[same] = stone
        } else if stones.end < Self.maximumCount {
            table.insert(hash, stones.add(stone))
        } else {
            table.remove(stones[oldest].hash, oldest)
            stones[oldest] = stone
            table.insert(hash, oldest)
            oldest = (oldest + 1) % Self.maximumCount
        }
    }

    /// Whether this Refresh ended an allocation of the five-tuple.
    func isEnded(_ fiveTuple: FiveTuple, _ hash: UInt32, by transaction: TransactionID, at now: MonotonicTime)
        -> Bool
    {
        guard let stone = find(fiveTuple, hash) else { return false }
        return now < stones[stone].until && stones[stone].ended == transaction
    }

    /// Whether this Allocate made an allocation of the five-tuple that has ended.
    func wasMade(_ fiveTuple: FiveTuple, _ hash: UInt32, by transaction: TransactionID, at now: MonotonicTime)
        -> Bool
    {
        guard let stone = find(fiveTuple, hash) else { return false }
        return now < stones[stone].until && stones[stone].made == transaction
    }

    private func find(_ fiveTuple: FiveTuple, _ hash: UInt32) -> UInt32? {
        table.find(hash) { stones[$0].fiveTuple.isSame(as: fiveTuple) }
    }
}
