import CDatagrams
import Glibc

/// What other threads wake a loop with: an eventfd that the loop's poller watches edge-triggered
/// (``PollRegistry/edgeTriggeredInput``), so that it need not be read: each call is an event.
package struct WakeUp: ~Copyable, Sendable {
    /// What the poller watches.
    package let descriptor: Int32

    /// - Throws: when the system has no descriptor left.
    package init() throws(LoopError) {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else { throw LoopError(.mailbox, errno: errno) }
    }

    deinit {
        close(descriptor)
    }

    /// Has the loop look. From any thread.
    package func callAsFunction() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }
}
