/// The output that waits for one client, in one piece of memory, so that one call writes it.
@usableFromInline
package struct StreamOutbox: BitwiseCopyable {
    @usableFromInline var block: StreamMemory.Block?
    @usableFromInline var start = 0
    @usableFromInline var end = 0

    /// An outbox in which nothing waits.
    @inlinable
    package init() {}

    /// Bytes that wait.
    @inlinable package var byteCount: Int { end &- start }
    /// Whether nothing waits.
    @inlinable package var isEmpty: Bool { end == start }
    /// Memory that it takes.
    @inlinable package var capacity: Int { block?.capacity ?? 0 }

    /// The waiting bytes, from the first one; valid until the next change. Empty if there are none.
    @inlinable package var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: block.map { UnsafeRawPointer($0.start + start) }, count: byteCount)
    }

    /// Makes room for so many more bytes behind those that wait. They count as waiting from now on: the caller fills
    /// all of them before it does anything else.
    ///
    /// - Parameter limit: no room is made that would let more than this wait.
    /// - Returns: where they go; nil if there is no room.
    @inlinable
    @inline(__always)
    package mutating func extend(_ added: Int, limit: Int, memory: inout StreamMemory)
        -> UnsafeMutableRawPointer?
    {
        guard byteCount &+ added <= limit, let place = room(added, memory: &memory) else { return nil }
        end &+= added
        return place
    }

    /// Forgets bytes at the front that have been written, and gives the memory back with the last.
    @inlinable
    @inline(__always)
    package mutating func remove(_ written: Int, memory: inout StreamMemory) {
        start &+= written
        if start >= end { removeAll(memory: &memory) }
    }

    /// Forgets all but the first bytes.
    package mutating func keepFirst(_ count: Int, memory: inout StreamMemory) {
        end = start &+ min(byteCount, count)
        if isEmpty { removeAll(memory: &memory) }
    }

    /// Forgets all of it and gives the memory back.
    @inlinable
    package mutating func removeAll(memory: inout StreamMemory) {
        if let block { memory.give(block) }
        self = StreamOutbox()
    }

    /// Frees the memory when everything ends, without returning it to the ``StreamMemory`` it came from.
    package func discard() {
        if let block { StreamMemory.discard(block) }
    }

    /// Memory for so many more bytes behind what waits.
    @inlinable
    @inline(__always)
    mutating func room(_ added: Int, memory: inout StreamMemory) -> UnsafeMutableRawPointer? {
        if let block, end &+ added <= block.capacity { return block.start + end }
        return moved(added, memory: &memory)
    }

    /// Takes the first block, moves the waiting bytes to the front of the present one, or moves them into a larger
    /// one.
    @usableFromInline
    mutating func moved(_ added: Int, memory: inout StreamMemory) -> UnsafeMutableRawPointer? {
        let waiting = byteCount
        if let block, waiting &+ added <= block.capacity, start >= waiting {
            block.start.copyMemory(from: block.start + start, byteCount: waiting)
            start = 0
            end = waiting
            return block.start + end
        }
        guard let larger = memory.take(waiting &+ added) else { return nil }
        if let block {
            larger.start.copyMemory(from: block.start + start, byteCount: waiting)
            memory.give(block)
        }
        block = larger
        start = 0
        end = waiting
        return larger.start + end
    }
}
