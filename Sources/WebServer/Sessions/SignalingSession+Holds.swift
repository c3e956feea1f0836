import NIOCore
import Signaling
import Timing

extension SignalingSession {
    /// Takes nothing more from the client until ``release(_:)``.
    func hold(_ reason: Holds) {
        let isFirst = holds.isEmpty
        holds.insert(reason)
        guard isFirst else { return }
        heldSince = loop.now
        _ = channelContext?.channel.setOption(.autoRead, value: false)
        scheduleDeadline()
    }

    /// Ends a hold: when it was the last one, what was kept is consumed, and the socket is read again.
    func release(_ reason: Holds) {
        guard holds.contains(reason) else { return }
        holds.remove(reason)
        guard holds.isEmpty, case .open = phase else { return }
        readAt = loop.now
        liveness.heard(at: readAt)
        let buffer = held
        held = ByteBuffer()
        take(buffer)
        noteInput()
        guard holds.isEmpty, case .open = phase, let context = channelContext else { return }
        if inputHasEnded {
            context.close(promise: nil)
        } else {
            readAgain()
            scheduleDeadline()
        }
    }

    /// Has the socket read again after a hold.
    func readAgain() {
        guard let context = channelContext else { return }
        _ = context.channel.setOption(.autoRead, value: true)
        if asksForReads { context.read() }
    }
}
