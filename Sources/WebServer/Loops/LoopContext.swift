import Backlog
import NIOCore
import Timing

/// What all connections of one event loop share: buffers, deadlines, counters. Confined to that loop, so it needs
/// no lock and is not `Sendable`.
final class LoopContext {
    /// How often deadlines are looked at.
    static let tick = TimeAmount.milliseconds(200)
    private static let readBufferBytes = 65_536
    /// What one read may hold decrypted, rounded up as NIO does it.
    private static let plainBufferBytes = 131_072
    private static let maxSpareBuffers = 16
    private static let maxSpareBytes = 131_072
    private static let freshBufferBytes = 1_024

    let eventLoop: any EventLoop
    /// Every connection of this loop: for draining.
    var members = LoopMembers()
    /// Connections that have something waiting in memory, and what they hold of the process's budget.
    var buffering: [any BufferingConnection] = []
    var share: BufferShare
    private var deadlines = DeadlineHeap()
    private var readBuffer: ByteBuffer?
    private var plainBuffer: ByteBuffer?
    private var spareBuffers: [ByteBuffer] = []

    init(eventLoop: any EventLoop, budget: BufferBudget = BufferBudget()) {
        self.eventLoop = eventLoop
        share = BufferShare(of: budget)
    }

    /// The loop's clock now.
    var now: MonotonicTime {
        MonotonicTime(nanoseconds: Int64(truncatingIfNeeded: NIODeadline.now().uptimeNanoseconds))
    }

    // MARK: Deadlines

    /// Calls `target` at the first tick after `deadline`, which replaces any earlier deadline of it.
    func setDeadline(of target: any DeadlineTarget, to deadline: MonotonicTime) {
        deadlines.set(target, to: deadline)
    }

    /// Calls `target` at the first tick after `deadline`, unless it has an earlier deadline.
    func bringForwardDeadline(of target: any DeadlineTarget, to deadline: MonotonicTime) {
        if deadline < target.deadlinePlace.deadline { deadlines.set(target, to: deadline) }
    }

    func removeDeadline(of target: any DeadlineTarget) {
        deadlines.remove(target)
    }

    /// Calls every target whose deadline has passed. Once a tick.
    func fireDeadlines() {
        let now = now
        while let target = deadlines.popDue(at: now) { target.deadlineReached(at: now) }
    }

    // MARK: Buffers

    /// The buffer sockets of this loop read into; a new one unless it was given back.
    func takeReadBuffer() -> ByteBuffer {
        guard var buffer = readBuffer.take() else {
            return ByteBufferAllocator().buffer(capacity: Self.readBufferBytes)
        }
        buffer.clear()
        return buffer
    }

    /// The buffer that TLS connections of this loop decrypt into; a new one unless it was given back.
    func takePlainBuffer() -> ByteBuffer {
        guard var buffer = plainBuffer.take() else {
            return ByteBufferAllocator().buffer(capacity: Self.plainBufferBytes)
        }
        buffer.clear()
        return buffer
    }

    /// Gives a buffer that was read or decrypted into back once its bytes have been used.
    func giveBackReadBuffer(_ buffer: ByteBuffer) {
        switch buffer.storageCapacity {
        case Self.readBufferBytes: readBuffer = buffer
        case Self.plainBufferBytes: plainBuffer = buffer
        default: return
        }
    }

    /// An empty buffer to collect output in.
    func takeBuffer() -> ByteBuffer {
        guard var buffer = spareBuffers.popLast() else {
            return ByteBufferAllocator().buffer(capacity: Self.freshBufferBytes)
        }
        buffer.clear()
        return buffer
    }

    /// Keeps the memory of a buffer that has been written for the next ``takeBuffer()``.
    func recycle(_ buffer: ByteBuffer) {
        guard spareBuffers.count < Self.maxSpareBuffers, buffer.storageCapacity <= Self.maxSpareBytes else {
            return
        }
        spareBuffers.append(buffer)
    }
}
