import Addresses
import HeapModule

/// A value in an `ExpiringTable`: it says itself when it may be forgotten.
protocol Expiring {
    /// From this instant on the value means nothing any more.
    var expires: ContinuousClock.Instant { get }
}

/// A dictionary with a bound whose values expire.
///
/// Every insertion first removes a few expired values, so the table shrinks without a timer. If it is still full,
/// the value that would expire first is removed. The expiry of a value may move later after insertion; it is read
/// again when its entry reaches the top of the heap. There is exactly one entry per key. All operations are O(log
/// n), amortised.
struct ExpiringTable<Value: Expiring> {
    private struct Turn: Comparable {
        let expires: ContinuousClock.Instant
        let key: AddressKey

        static func < (left: Turn, right: Turn) -> Bool { left.expires < right.expires }
        static func == (left: Turn, right: Turn) -> Bool { left.expires == right.expires }
    }

    /// How many expired values one insertion removes: more than it adds, so that a backlog shrinks.
    private static var maxRemovalsAnInsertion: Int { 4 }

    let capacity: Int
    private var values: [AddressKey: Value] = [:]
    private var turns = Heap<Turn>()

    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    var count: Int { values.count }

    /// The value of a key unless it has expired.
    func value(of key: AddressKey, now: ContinuousClock.Instant) -> Value? {
        guard let value = values[key], value.expires > now else { return nil }
        return value
    }

    /// Stores the value, replacing the one of the same key. A new key makes room for itself first.
    mutating func set(_ value: Value, for key: AddressKey, now: ContinuousClock.Instant) {
        guard values[key] == nil else {
            values[key] = value
            return
        }
        var removals = 0
        while removals < Self.maxRemovalsAnInsertion, let first = turns.min, first.expires <= now {
            removeFirst(ifExpiredAt: now)
            removals += 1
        }
        while values.count >= capacity { removeFirst(ifExpiredAt: nil) }
        values[key] = value
        turns.insert(Turn(expires: value.expires, key: key))
    }

    /// Takes the first turn: removes its value, or puts it back at its later expiry.
    private mutating func removeFirst(ifExpiredAt now: ContinuousClock.Instant?) {
        guard let turn = turns.popMin() else { return }
        guard let value = values[turn.key] else { return }
        let isDue = now.map { value.expires <= $0 } ?? (value.expires <= turn.expires)
        if isDue {
            values[turn.key] = nil
        } else {
            turns.insert(Turn(expires: value.expires, key: turn.key))
        }
    }
}
