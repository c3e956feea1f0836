import Backlog
import NIOCore
import Timing

/// A connection that may hold waiting bytes in memory: for its client, or from it.
protocol BufferingConnection: AnyObject {
    /// It stands in the loop's list; kept by ``LoopContext``.
    var isBuffering: Bool { get set }
    /// Bytes that wait now; with none it leaves the list.
    var bufferedByteCount: Int { get }
    /// Since when its client has been behind.
    var behindSince: MonotonicTime { get }
    /// The connection is about to end and will release what it holds.
    var isEnding: Bool { get }

    /// Too much waits in memory, and this client is among the slowest.
    func closeAsSlowest()
}

extension LoopContext {
    /// Notes that more than a little waits in memory for or from a connection.
    func noteBuffering(_ connection: any BufferingConnection) {
        if connection.isBuffering { return }
        connection.isBuffering = true
        buffering.append(connection)
    }

    /// Counts the waiting bytes, reports them, and closes the slowest connections if the whole process holds too
    /// much. Called once a tick.
    func keepBudget() {
        guard !buffering.isEmpty || share.bytes > 0 else { return }
        var waiting = 0
        var ending = 0
        buffering.removeAll { connection in
            let byteCount = connection.bufferedByteCount
            waiting += byteCount
            if connection.isEnding { ending += byteCount }
            if byteCount == 0 { connection.isBuffering = false }
            return byteCount == 0
        }
        share.report(waiting)
        let excess = share.excess - ending
        guard excess > 0 else { return }
        let now = now.nanoseconds
        let holders = buffering.filter { !$0.isEnding }.map {
            BufferHolder(
                id: $0, byteCount: $0.bufferedByteCount,
                behindNanoseconds: now - min(now, $0.behindSince.nanoseconds))
        }
        for slow in BufferHolder.slowest(holders, freeing: excess) { slow.id.closeAsSlowest() }
    }
}

extension Channel {
    /// Bytes handed to the channel that its socket has not taken, with TLS those that wait to be encrypted too.
    var unsentByteCount: Int {
        let encrypted = (try? syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        return encrypted + pipeline.syncOperations.outboundBufferedBytes()
    }
}
