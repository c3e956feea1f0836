/// Numbered things by their deadline, earliest first: a binary heap that knows where each number stands, for numbers that
/// are dense. Things that are objects have a ``DeadlineHeap``.
///
/// One entry a thing, so its size is their number, however often their deadlines change.
@usableFromInline
package struct DeadlineTable {
    @usableFromInline
    struct Entry: BitwiseCopyable {
        @usableFromInline var deadline: MonotonicTime
        @usableFromInline var index: UInt32
    }

    @usableFromInline var entries: [Entry] = []
    /// By number: its entry plus one, 0 if it has none.
    @usableFromInline var places: [UInt32] = []

    /// A table without deadlines.
    package init() {}

    /// Numbers that have a deadline.
    @inlinable
    package var count: Int { entries.count }

    /// The earliest deadline and whose it is.
    @inlinable
    package var first: (deadline: MonotonicTime, index: UInt32)? {
        entries.first.map { ($0.deadline, $0.index) }
    }

    /// Sets a number's deadline, new or known.
    @usableFromInline
    package mutating func set(_ index: UInt32, to deadline: MonotonicTime) {
        while places.count <= Int(index) { places.append(0) }
        let place = Int(places[Int(index)])
        if place == 0 {
            entries.append(Entry(deadline: deadline, index: index))
            places[Int(index)] = UInt32(entries.count)
            rise(entries.count - 1)
        } else {
            let old = entries[place - 1].deadline
            entries[place - 1].deadline = deadline
            if deadline < old { rise(place - 1) } else { sink(place - 1) }
        }
    }

    /// Sets the deadline only if it is earlier than the one that stands.
    @inlinable
    package mutating func bringForward(_ index: UInt32, to deadline: MonotonicTime) {
        let place = Int(index) < places.count ? Int(places[Int(index)]) : 0
        if place == 0 || deadline < entries[place - 1].deadline { set(index, to: deadline) }
    }

    /// Takes a number out; harmless when it has no deadline.
    package mutating func remove(_ index: UInt32) {
        guard Int(index) < places.count, places[Int(index)] != 0 else { return }
        let place = Int(places[Int(index)]) - 1
        places[Int(index)] = 0
        guard let last = entries.popLast(), place < entries.count else { return }
        entries[place] = last
        places[Int(last.index)] = UInt32(place + 1)
        rise(place)
        sink(Int(places[Int(last.index)]) - 1)
    }

    private mutating func rise(_ start: Int) {
        var place = start
        while place > 0, entries[place].deadline < entries[(place - 1) / 2].deadline {
            exchange(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func sink(_ start: Int) {
        var place = start
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < entries.count && entries[child].deadline < entries[least].deadline { least = child }
            guard least != place else { return }
            exchange(place, least)
            place = least
        }
    }

    private mutating func exchange(_ a: Int, _ b: Int) {
        entries.swapAt(a, b)
        places[Int(entries[a].index)] = UInt32(a + 1)
        places[Int(entries[b].index)] = UInt32(b + 1)
    }
}
