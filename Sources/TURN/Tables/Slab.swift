/// Elements of plain bits at stable indices, in memory that grows by halves. Freed places are handed out again.
///
/// Indices come from inside (tables, lists), never from the wire; touching one that is out of range is a bug and traps
/// in debug builds.
struct Slab<Element: BitwiseCopyable>: ~Copyable {
    private var base: UnsafeMutablePointer<Element>
    private var capacity: Int
    private var free: [UInt32] = []
    /// Places ever handed out: every index is below.
    private(set) var end: UInt32 = 0

    /// How many elements live.
    var count: Int { Int(end) - free.count }

    init(capacity: Int = 64) {
        self.capacity = capacity
        base = Self.memory(capacity)
    }

    deinit { base.deallocate() }

    @inline(__always)
    subscript(index: UInt32) -> Element {
        unsafeAddress {
            assert(index < end)
            return UnsafePointer(base + Int(index))
        }
        nonmutating unsafeMutableAddress {
            assert(index < end)
            return base + Int(index)
        }
    }

    /// Puts an element into a free place and says which.
    mutating func add(_ element: Element) -> UInt32 {
        let index: UInt32
        if let reused = free.popLast() {
            index = reused
        } else {
            if Int(end) == capacity { grow() }
            index = end
            end += 1
        }
        (base + Int(index)).initialize(to: element)
        return index
    }

    /// Gives a place back. The element stays readable until the place is handed out again.
    mutating func remove(_ index: UInt32) { free.append(index) }

    private mutating func grow() {
        let larger = Self.memory(capacity * 2)
        larger.moveInitialize(from: base, count: Int(end))
        base.deallocate()
        base = larger
        capacity *= 2
    }

    /// Aligned to cache lines: an element that is laid out in lines stays in them.
    private static func memory(_ capacity: Int) -> UnsafeMutablePointer<Element> {
        UnsafeMutableRawPointer.allocate(byteCount: MemoryLayout<Element>.stride * capacity, alignment: 64)
            .bindMemory(to: Element.self, capacity: capacity)
    }
}
