/// The allocations of a loop by their earliest deadline: a binary heap that knows where each of them stands.
///
/// One entry an allocation, so its size is the number of allocations, whatever the lifetimes asked for.
package struct DeadlineHeap {
    private struct Entry: BitwiseCopyable {
        var deadline: Instant
        var index: UInt32
    }

    private var entries: [Entry] = []
    /// By allocation: its entry plus one, 0 if it has none.
    private var places: [UInt32] = []

    package init() {}

    package var count: Int { entries.count }

    /// The earliest deadline and whose it is.
    package var first: (deadline: Instant, index: UInt32)? { entries.first.map { ($0.deadline, $0.index) } }

    /// Sets an allocation's deadline, new or known.
    package mutating func set(_ index: UInt32, to deadline: Instant) {
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
    package mutating func bringForward(_ index: UInt32, to deadline: Instant) {
        let place = Int(index) < places.count ? Int(places[Int(index)]) : 0
        if place == 0 || deadline < entries[place - 1].deadline { set(index, to: deadline) }
    }

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
