/// An open-addressing hash table from a key to its place in a slab.
///
/// An entry is eight bytes: the key's hash and the index. The key itself stays in the slab. So a lookup touches one
/// cache line here and the element that it needs anyway. Linear probing, at most half full, back-shift deletion.
/// There are no tombstones, so a table that is filled and emptied for years stays as fast as on its first day.
struct IndexTable: ~Copyable {
    private struct Entry: BitwiseCopyable {
        var hash: UInt32
        /// The index plus one; 0 is an empty entry.
        var place: UInt32
    }

    private static let smallest = 64

    private var entries: UnsafeMutablePointer<Entry>
    private var mask: Int
    private(set) var count = 0

    init() {
        entries = .allocate(capacity: Self.smallest)
        entries.initialize(repeating: Entry(hash: 0, place: 0), count: Self.smallest)
        mask = Self.smallest - 1
    }

    deinit { entries.deallocate() }

    /// The index under a hash whose element the caller recognises.
    @inline(__always)
    func find(_ hash: UInt32, _ isElement: (UInt32) -> Bool) -> UInt32? {
        var slot = Int(hash) & mask
        while entries[slot].place != 0 {
            if entries[slot].hash == hash, isElement(entries[slot].place &- 1) {
                return entries[slot].place &- 1
            }
            slot = (slot &+ 1) & mask
        }
        return nil
    }

    /// Adds an index that is not in the table.
    mutating func insert(_ hash: UInt32, _ index: UInt32) {
        if (count + 1) * 2 > mask + 1 { resize(to: (mask + 1) * 2) }
        place(Entry(hash: hash, place: index &+ 1))
        count += 1
    }

    /// Takes an index out; nothing happens if it is not there.
    mutating func remove(_ hash: UInt32, _ index: UInt32) {
        var hole = Int(hash) & mask
        while entries[hole].place != index &+ 1 {
            if entries[hole].place == 0 { return }
            hole = (hole + 1) & mask
        }
        count -= 1
        var next = hole
        while true {
            next = (next + 1) & mask
            guard entries[next].place != 0 else { break }
            let home = Int(entries[next].hash) & mask
            // An entry may move back unless its home lies behind the hole, seen along the ring.
            if (next - home) & mask >= (next - hole) & mask {
                entries[hole] = entries[next]
                hole = next
            }
        }
        entries[hole].place = 0
        if mask + 1 > Self.smallest, count * 8 < mask + 1 { resize(to: (mask + 1) / 2) }
    }

    private mutating func place(_ entry: Entry) {
        var slot = Int(entry.hash) & mask
        while entries[slot].place != 0 { slot = (slot + 1) & mask }
        entries[slot] = entry
    }

    private mutating func resize(to capacity: Int) {
        let old = entries
        let oldCapacity = mask + 1
        entries = .allocate(capacity: capacity)
        entries.initialize(repeating: Entry(hash: 0, place: 0), count: capacity)
        mask = capacity - 1
        for slot in 0..<oldCapacity where old[slot].place != 0 { place(old[slot]) }
        old.deallocate()
    }
}
