import Backlog
import NIOCore
import Signaling
import Timing
import WebSocket

extension SignalingSession: BufferingConnection {
    var bufferedByteCount: Int {
        guard let channel = channelContext?.channel else { return 0 }
        return mailbox.byteCount + channel.unsentByteCount + keptInputBytes
    }

    /// Since when the client has been behind. Input of a client that is held does not count: it waits for the peer,
    /// which is the one that is behind.
    var behindSince: MonotonicTime { rules.behindSince(inputSince: inputSince) }

    var isEnding: Bool { !rules.isOpen }

    /// Notes more than a little input that is kept: a message that has not ended, or what came during a hold.
    func noteInput() {
        if keptInputBytes < BufferBudget.notedBytes {
            inputSince = .distantFuture
        } else {
            if inputSince == .distantFuture || notedMessages != collectedMessages { inputSince = readAt }
            notedMessages = collectedMessages
            loop.noteBuffering(self)
        }
    }

    func closeAsSlowest() {
        perform(rules.isSlowest(at: loop.now))
        forgetInput()
    }
}
