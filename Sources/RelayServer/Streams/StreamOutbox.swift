/// The output that waits for one client, in one piece of memory, so that one call writes it.
struct StreamOutbox: BitwiseCopyable {
    private var block: StreamMemory.Block?
    private var start = 0
    private var end = 0

    /// Bytes that wait.
    var byteCount: Int { end &- start }
    var isEmpty: Bool { end == start }
    /// Memory that it takes.
    var capacity: Int { block?.capacity ?? 0 }

    /// The waiting bytes, from the first one; valid until the next change. Empty if there are none.
    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: block.map { UnsafeRawPointer($0.start + start) }, count: byteCount)
    }

    /// Appends a frame with its padding.
    ///
    /// - Parameter limit: nothing is appended that would make more than this wait.
    /// - Returns: false if it was not appended.
    @inline(__always)
    mutating func append(_ frame: OutgoingFrame, limit: Int, memory: inout StreamMemory) -> Bool {
        let added = frame.byteCount
        guard byteCount &+ added <= limit else { return false }
        guard let place = room(added, memory: &memory) else { return false }
        var next = place
        let header = frame.header
        if let bytes = header.baseAddress, header.count > 0 {
            next.copyMemory(from: bytes, byteCount: header.count)
            next += header.count
        }
        let payload = frame.payload
        if let bytes = payload.baseAddress { next.copyMemory(from: bytes, byteCount: payload.count) }
        next += payload.count
        for offset in 0..<frame.paddingByteCount {
            next.storeBytes(of: 0, toByteOffset: offset, as: UInt8.self)
        }
        end &+= added
        return true
    }

    /// Forgets bytes at the front that have been written, and gives the memory back with the last.
    @inline(__always)
    mutating func remove(_ written: Int, memory: inout StreamMemory) {
        start &+= written
        if start >= end { removeAll(memory: &memory) }
    }

    mutating func removeAll(memory: inout StreamMemory) {
        if let block { memory.give(block) }
        self = StreamOutbox()
    }

    /// Frees the memory when everything ends, without returning it to the ``StreamMemory`` it came from.
    func discard() {
        if let block { StreamMemory.discard(block) }
    }

    /// Memory for so many more bytes behind what waits.
    @inline(__always)
    private mutating func room(_ added: Int, memory: inout StreamMemory) -> UnsafeMutableRawPointer? {
        if let block, end &+ added <= block.capacity { return block.start + end }
        return moved(added, memory: &memory)
    }

    /// Takes the first block, moves the waiting bytes to the front of the present one, or moves them into a larger
    /// one.
    private mutating func moved(_ added: Int, memory: inout StreamMemory) -> UnsafeMutableRawPointer? {
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
