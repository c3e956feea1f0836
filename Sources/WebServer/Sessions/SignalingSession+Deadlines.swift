import NIOCore
import Signaling
import Timing

extension SignalingSession: DeadlineTarget {
    /// Queues the session for the earliest thing it waits for.
    func scheduleDeadline() {
        loop.bringForwardDeadline(of: self, to: rules.deadline(service.bounds))
    }

    func deadlineReached(at now: MonotonicTime) {
        while true {
            let action = rules.due(at: now, service.bounds) { bytesWaiting }
            if case .nothing = action { break }
            perform(action)
        }
        scheduleDeadline()
        loop.wakeAll()
    }

    /// Bytes handed to the channel that its socket has not taken.
    var bytesWaiting: Int { channelContext?.channel.unsentByteCount ?? 0 }

    /// The server is about to stop: closes with 1001 at `time`.
    func drain(at time: MonotonicTime) {
        perform(rules.drain(at: time))
    }
}
