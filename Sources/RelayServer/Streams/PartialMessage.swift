import Loops

/// The beginning of a message whose rest has not arrived.
///
/// Memory grows with what has arrived, never with what was announced.
struct PartialMessage: BitwiseCopyable {
    private var block: StreamMemory.Block?
    /// Bytes that have arrived.
    private(set) var byteCount = 0
    /// Bytes of the whole message, once its header has arrived.
    private(set) var wholeByteCount: Int?

    var isEmpty: Bool { byteCount == 0 }
    /// Memory that it takes.
    var capacity: Int { block?.capacity ?? 0 }

    /// Whether the message is certainly still incomplete with `arrived` more bytes.
    func isIncomplete(with arrived: Int) -> Bool {
        wholeByteCount.map { byteCount + arrived < $0 } ?? false
    }

    /// Keeps bytes behind those that have arrived.
    ///
    /// - Parameter whole: how long the message is, if that is known.
    /// - Returns: false if it is longer than any memory there is.
    mutating func append(
        _ bytes: UnsafeRawPointer, byteCount added: Int, whole: Int?, memory: inout StreamMemory
    ) -> Bool {
        let needed = byteCount + added
        if let block, needed <= block.capacity {
            (block.start + byteCount).copyMemory(from: bytes, byteCount: added)
        } else {
            guard let larger = memory.take(needed) else { return false }
            if let block {
                larger.start.copyMemory(from: block.start, byteCount: byteCount)
                memory.give(block)
            }
            (larger.start + byteCount).copyMemory(from: bytes, byteCount: added)
            block = larger
        }
        byteCount = needed
        if let whole { wholeByteCount = whole }
        return true
    }

    /// Copies the bytes to `place`, which has room for ``byteCount``, and gives the memory back.
    mutating func move(to place: UnsafeMutableRawPointer, memory: inout StreamMemory) {
        if let block { place.copyMemory(from: block.start, byteCount: byteCount) }
        removeAll(memory: &memory)
    }

    /// Frees the memory when everything ends, without returning it to the ``StreamMemory`` it came from.
    func discard() {
        if let block { StreamMemory.discard(block) }
    }

    mutating func removeAll(memory: inout StreamMemory) {
        if let block { memory.give(block) }
        self = PartialMessage()
    }
}
