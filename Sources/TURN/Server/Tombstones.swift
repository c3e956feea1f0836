import STUN

/// Allocations that a Refresh ended a moment ago, so that its retransmission gets the same success again instead of
/// 437, and a late copy of the Allocate does not make another one. A bounded ring: when many end at once, the oldest
/// are forgotten, and their clients get the 437 that RFC 8656 §7.2 lets them take for success.
struct Tombstones {
    private struct Stone: Sendable {
        let fiveTuple: FiveTuple
        let made: TransactionID
        let ended: TransactionID
        let until: Instant
    }

    static let maximumCount = 1024

    private let seconds: UInt32
    private var stones: [Stone] = []
    private var next = 0

    init(seconds: UInt32) { self.seconds = seconds }

    mutating func add(_ fiveTuple: FiveTuple, made: TransactionID, ended: TransactionID, at now: Instant) {
        let stone = Stone(
            fiveTuple: fiveTuple, made: made, ended: ended, until: now.advanced(bySeconds: seconds))
        if stones.count < Self.maximumCount {
            stones.append(stone)
        } else {
            stones[next] = stone
            next = (next + 1) % Self.maximumCount
        }
    }

    /// Whether a Refresh ended an allocation of this five-tuple.
    func isEnded(_ fiveTuple: FiveTuple, by transaction: TransactionID, at now: Instant) -> Bool {
        stones.contains { now < $0.until && $0.ended == transaction && $0.fiveTuple == fiveTuple }
    }

    /// Whether an Allocate made an allocation of this five-tuple that has ended.
    func wasMade(_ fiveTuple: FiveTuple, by transaction: TransactionID, at now: Instant) -> Bool {
        stones.contains { now < $0.until && $0.made == transaction && $0.fiveTuple == fiveTuple }
    }
}
