import Backlog
import Loops
import Signaling
import Timing
import WebSocket

/// What happens when time passes, and when memory is scarce. Both are looked at once a tick.
extension SessionLoop {
    /// Has the client looked at when the earliest thing that it waits for is due. One that leaves with the turn is looked
    /// at by the loop that it comes to.
    mutating func scheduleDeadline(_ client: UnsafeMutablePointer<SessionClient>) {
        guard !client.pointee.isGone, !client.pointee.isVisitor, !client.pointee.isLeaving else { return }
        deadlines.bringForward(
            StreamHandle.index(client.pointee.handle), to: client.pointee.rules.deadline(settings.bounds))
    }

    /// Looks at every client whose deadline has passed.
    mutating func fireDeadlines() {
        while let (deadline, index) = deadlines.first, deadline <= now {
            deadlines.remove(index)
            guard let client = table.client(atIndex: index) else { continue }
            while !client.pointee.isGone, !client.pointee.isLeaving {
                let waiting = client.pointee.offeredByteCount
                let action = client.pointee.rules.due(at: now, settings.bounds) { waiting }
                if case .nothing = action { break }
                perform(action, client)
            }
            scheduleDeadline(client)
        }
    }

    /// The server is about to stop: closes the sessions with 1001, evenly spread over `time`.
    mutating func drain(over time: Duration) {
        isDraining = true
        let clients = table.handles
        for (index, handle) in clients.enumerated() {
            guard let client = table.client(handle), !client.pointee.isGone, !client.pointee.isVisitor else {
                continue
            }
            perform(client.pointee.rules.drain(at: now + time * index / max(1, clients.count)), client)
        }
    }

    // MARK: Memory

    /// Notes more than a little input that is kept: a message that has not ended, or what came during a hold.
    mutating func noteInput(_ client: UnsafeMutablePointer<SessionClient>) {
        guard client.pointee.decoder != nil || !client.pointee.kept.isEmpty,
            client.pointee.keptByteCount >= BufferBudget.notedBytes
        else {
            client.pointee.inputSince = .distantFuture
            return
        }
        let messages = Int32(truncatingIfNeeded: client.pointee.decoder?.pointee.collectedMessageCount ?? 0)
        if client.pointee.inputSince == .distantFuture || client.pointee.notedMessages != messages {
            client.pointee.inputSince = now
        }
        client.pointee.notedMessages = messages
        noteBuffering(client)
    }

    /// Notes that more than a little waits in memory for or from a client.
    mutating func noteBuffering(_ client: UnsafeMutablePointer<SessionClient>) {
        guard !client.pointee.isBuffering else { return }
        client.pointee.isBuffering = true
        buffering.append(client.pointee.handle)
    }

    /// Counts the waiting bytes, reports them, and closes the slowest clients if the whole process holds too much.
    mutating func keepBudget() {
        guard !buffering.isEmpty || share.bytes > 0 else { return }
        var waiting = 0
        var ending = 0
        buffering.removeAll { handle in
            guard let client = table.client(handle) else { return true }
            let byteCount = client.pointee.bufferedByteCount
            waiting += byteCount
            if !client.pointee.rules.isOpen { ending += byteCount }
            if byteCount == 0 { client.pointee.isBuffering = false }
            return byteCount == 0
        }
        share.report(waiting)
        let excess = share.excess - ending
        guard excess > 0 else { return }
        let now = now.nanoseconds
        let sparesFast = share.isSmall
        let holders = buffering.compactMap { handle -> BufferHolder<UInt32>? in
            guard let client = table.client(handle), client.pointee.rules.isOpen else { return nil }
            let holder = BufferHolder(
                id: handle, byteCount: client.pointee.bufferedByteCount,
                behindNanoseconds: now - min(now, client.pointee.behindSince.nanoseconds))
            return holder.isSlow || !sparesFast ? holder : nil
        }
        for slow in BufferHolder.slowest(holders, freeing: excess) {
            guard let client = table.client(slow.id), !client.pointee.isGone else { continue }
            perform(client.pointee.rules.isSlowest(at: self.now), client)
            forgetInput(of: client)
        }
    }
}
