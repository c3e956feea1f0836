import STUN

/// Memory for answers until they are sent: a few at a time, each with room for the longest.
struct AnswerArena: ~Copyable {
    private static let capacity = 64
    private static let stride = 1_536

    private let memory: UnsafeMutableRawBufferPointer
    private var count = 0

    init() {
        memory = .allocate(byteCount: Self.capacity * Self.stride, alignment: 16)
    }

    deinit {
        memory.deallocate()
    }

    /// Every place holds an answer that has not been sent.
    var isFull: Bool { count == Self.capacity }

    /// A writer into the next place; the arena must not be full.
    func writer() -> MessageWriter {
        let start = min(count, Self.capacity - 1) * Self.stride
        return MessageWriter(into: .init(rebasing: memory[start..<start + Self.stride]))
    }

    /// Keeps what the last writer has written until `removeAll`.
    mutating func keep(_ writer: borrowing MessageWriter) -> UnsafeRawBufferPointer {
        count += 1
        return writer.buffer
    }

    mutating func removeAll() {
        count = 0
    }
}
