import Backlog
import Loops
import TURN
import Timing

/// A bound for everything that waits in the whole process, in addition to the bounds of each client.
extension StreamClients {
    /// Changes below this are not reported, so that steady traffic touches nothing that other threads use.
    private static let reportedBytes = 64 << 10
    /// How often the budget is looked at while something waits.
    private static let lookNanoseconds: Int64 = 200_000_000

    /// Reports the waiting bytes if their number has changed much; once a turn.
    ///
    /// - Parameter usedByteCount: of the memory of what waits in either direction.
    @inline(__always)
    mutating func noteMemory(_ usedByteCount: Int, now: MonotonicTime) {
        let change = usedByteCount &- share.bytes
        if change >= Self.reportedBytes || change <= -Self.reportedBytes {
            reportMemory(usedByteCount, now: now)
        }
    }

    private mutating func reportMemory(_ usedByteCount: Int, now: MonotonicTime) {
        share.report(usedByteCount)
        budgetLook = share.bytes > 0 ? now.advanced(byNanoseconds: Self.lookNanoseconds) : nil
    }

    /// Ends the slowest clients of this loop if too much waits in the whole process.
    mutating func keepBudget(path: inout some StreamReceiver & ~Copyable) {
        reportMemory(path.outboxes.memory.usedByteCount, now: path.now)
        let excess = share.excess
        guard excess > 0 else { return }
        var holders: [BufferHolder<UInt32>] = []
        let now = path.now.nanoseconds
        for handle in table.handles {
            guard let client = table.client(handle), client.pointee.phase != .closing else { continue }
            let byteCount = path.outboxes.memoryByteCount(of: handle) + client.pointee.partial.capacity
            guard byteCount > 0 else { continue }
            let begun =
                client.pointee.partial.isEmpty ? MonotonicTime.distantFuture : client.pointee.partialSince
            holders.append(
                BufferHolder(
                    id: handle, byteCount: byteCount,
                    behindNanoseconds: now - min(now, min(client.pointee.behindSince, begun).nanoseconds)))
        }
        for slow in BufferHolder.slowest(holders, freeing: excess) {
            if let client = table.client(slow.id) { finish(client, .memory, path: &path) }
        }
    }
}
